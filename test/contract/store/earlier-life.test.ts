import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { lastValuesOf } from "../../../durable/room/past/earlier-life.ts";
import { EARLIER_LIMITS } from "../../../durable/room/past/earlier-limits.ts";
import { JoinedReads } from "../../../durable/room/past/joined-reads.ts";
import { LastValuesFold } from "../../../durable/room/state/last-values.ts";
import { readEarlierLife, readNewestCursor } from "../../../src/db/events/read-earlier-life.ts";
import { readPositions } from "../../../src/db/events/read-positions.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { PositionEvent, TapeEvent } from "../../../src/protocol/events/event.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import {
  at,
  bookSample,
  cursorAt,
  frame,
  freshSymbol,
  metric,
  NOON_US,
  note,
  order,
  position,
  room,
  trade,
} from "../events.ts";

const MINUTE_US = 60_000_000;

describe.each(testDatabaseKinds())("an earlier life of a room on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();
  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  const moment = fc.integer({ min: 0, max: 40 }).map((tick) => NOON_US + tick * (MINUTE_US / 4));
  const number = fc.integer({ min: 1, max: 9 });
  const eventOf: fc.Arbitrary<TapeEvent> = fc.oneof(
    fc
      .tuple(moment, number, fc.constantFrom("m", "n"), fc.constantFrom(undefined, { venue: "a" }))
      .map(([ts, value, name, labels]) => metric(name, ts, value, labels)),
    fc.tuple(moment, number, number).map(([ts, price, size]) => trade(ts, price, size)),
    fc
      .tuple(moment, number, fc.constantFrom(undefined, "a", "b"))
      .map(([ts, quantity, account]) => position(ts, quantity, 1.5, account)),
    fc.tuple(moment, number).map(([ts, price]) => bookSample(ts, [[price, 1]], [[price + 1, 2]])),
  );

  test("S-7 is what the room knew by heart, as far as Postgres has it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(eventOf, { minLength: 1, maxLength: 30 }), async (events) => {
        const symbol = freshSymbol();
        const frames = events.map((event, index) => frame(NOON_US + index, event));
        await storeFrames(database.db, [room(symbol, ...frames)], ids);
        const known = new LastValuesFold(null);
        for (const [index, event] of events.entries()) {
          known.apply(event, cursorAt(NOON_US + index));
        }
        const life = await readEarlierLife(
          database.db,
          symbol,
          cursorAt(NOON_US + 100),
          EARLIER_LIMITS,
          new JoinedReads(database.db).hours,
        );
        const begun = new LastValuesFold(lastValuesOf(life));
        expect(begun.metrics).toEqual(known.metrics);
        expect(begun.positions).toEqual(known.positions);
        expect(begun.orders).toEqual(known.orders);
        expect(begun.trade).toEqual(known.trade);
        expect(begun.bar?.close).toEqual(known.bar?.close);
        expect({ ...begun.bar, revision: 0 }).toEqual({ ...known.bar, revision: 0 });
        expect(begun.book).toEqual(known.book);
        expect([begun.dayVolume, begun.dayChange]).toEqual([known.dayVolume, known.dayChange]);
        expect(begun.lastEventUs).toEqual(known.lastEventUs);
        expect(begun.truncated).toBeNull();
      }),
      { numRuns: 8 },
    );
  });

  it("knows the ids of its trades, and older minutes than those it has by heart it does not know", async () => {
    const symbol = freshSymbol();
    const hourAgo = trade(NOON_US - 60 * MINUTE_US, 1, 1, { id: "old", venue: "v" });
    const last = trade(NOON_US, 2, 1, { id: "new" });
    const stored = room(symbol, frame(NOON_US, hourAgo), frame(NOON_US + 1, last));
    await storeFrames(database.db, [stored], ids);
    const life = await readEarlierLife(
      database.db,
      symbol,
      cursorAt(NOON_US + 100),
      EARLIER_LIMITS,
      new JoinedReads(database.db).hours,
    );
    expect(life.tradeKeys).toEqual([`${hourAgo.ts}\u0001v\u0001old`, `${last.ts}\u0001\u0001new`]);
    const told: unknown[] = [];
    const fold = new LastValuesFold(lastValuesOf(life));
    const late = trade(NOON_US - 60 * MINUTE_US + 1, 3, 1);
    fold.apply(late, cursorAt(NOON_US + 2), {
      bar: (bar) => told.push(bar),
      oldBar: (minuteUs) => told.push(minuteUs),
    });
    expect(told).toEqual([NOON_US - 60 * MINUTE_US]);
  });

  it("C-1 its newest cursor is found in whatever has it, where it is ahead", async () => {
    for (const event of [
      metric("m", NOON_US, 1),
      metric("m", Date.UTC(2000, 0, 1) * 1_000, 1),
      trade(NOON_US, 1, 1),
      position(NOON_US, 1),
      bookSample(NOON_US, [[1, 1]], [[2, 1]]),
      order(NOON_US, "1", "filled"),
      note(NOON_US, "a note"),
    ]) {
      const symbol = freshSymbol();
      const newest = () => readNewestCursor(database.db, symbol, cursorAt(NOON_US + 6));
      await storeFrames(database.db, [room(symbol, frame(NOON_US + 5, event))], ids);
      expect(await newest()).toBeNull();
      const later = { ...event, ts: at(event.ts + 1) };
      await storeFrames(database.db, [room(symbol, frame(NOON_US + 7, later))], ids);
      expect(await newest()).toBe(NOON_US + 7);
    }
  });

  it("S-7 C-1 is the same where many rooms ask together, each of its own cursor and hour", async () => {
    const all = Array.from({ length: 7 }, (_, nth) => {
      const ts = NOON_US + nth * 40 * MINUTE_US;
      return { symbol: freshSymbol(), trades: [trade(ts, 1 + nth, 1), trade(ts + 1, 2, nth + 1)] };
    });
    for (const { symbol, trades } of all.slice(1)) {
      const frames = trades.map((one, at) => frame(NOON_US + at, one));
      await storeFrames(database.db, [room(symbol, ...frames)], ids);
    }
    const lives = async (readsOf: () => JoinedReads) =>
      Promise.all(
        all.map(async ({ symbol }, nth) => {
          const reads = readsOf();
          const through = cursorAt(NOON_US + (nth % 2));
          return [
            await reads.newestCursor({ symbol, after: cursorAt(NOON_US - 1 + (nth % 3)) }),
            await readEarlierLife(database.db, symbol, through, EARLIER_LIMITS, reads.hours),
          ] as const;
        }),
      );
    const together = new JoinedReads(database.db);
    const alone = await lives(() => new JoinedReads(database.db));
    expect(await lives(() => together)).toEqual(alone);
    expect(alone.map(([newest]) => newest)).toEqual(
      all.map((_, nth) => (nth === 0 || nth % 3 === 2 ? null : cursorAt(NOON_US + 1))),
    );
    expect(alone.map(([, { hours }]) => hours.length)).toEqual([0, 1, 1, 1, 1, 1, 1]);
  });

  test("R-1 INV-9 positions are those of the log, wherever it is cut, on whatever pages", async () => {
    const stateOf = fc.tuple(fc.nat({ max: 5 }), number, fc.constantFrom(undefined, "a", "b", "c"));
    await fc.assert(
      fc.asyncProperty(
        fc.array(stateOf, { maxLength: 20 }),
        fc.nat({ max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (states, inRoom, limit) => {
          const symbol = freshSymbol();
          const log = states.map(([tick, quantity, account]) =>
            position(NOON_US + tick, quantity, undefined, account),
          );
          const cutAt = Math.max(0, log.length - inRoom);
          const frames = log.map((event, index) => frame(NOON_US + index, event));
          // Some of the tail is stored as well.
          const stored = room(symbol, ...frames.slice(0, cutAt + 2));
          await storeFrames(database.db, [stored], ids);
          const newest = new Map<string, PositionEvent>();
          for (const one of log) {
            const known = newest.get(one.account ?? "");
            if (known === undefined || known.ts <= one.ts) newest.set(one.account ?? "", one);
          }
          const read: PositionEvent[] = [];
          for (let after: string | null = null; ; ) {
            const page = await readPositions(database.db, {
              ...{ symbol, storedThrough: cursorAt(NOON_US + cutAt - 1) },
              ...{ tailCursor: cursorAt(NOON_US + log.length - 1), tail: log.slice(cutAt) },
              ...{ after, limit },
            });
            if (page.positions.length === 0) break;
            expect(page.accounts).toBe(newest.size);
            read.push(...page.positions);
            after = page.positions.at(-1)?.account ?? "";
          }
          const wanted = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
          expect(read).toEqual(wanted);
        },
      ),
      { numRuns: 8 },
    );
  });
});
