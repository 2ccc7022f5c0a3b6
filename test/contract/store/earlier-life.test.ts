import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { lastValuesOf } from "../../../durable/room/past/earlier-life.ts";
import { EARLIER_LIMITS } from "../../../durable/room/past/earlier-limits.ts";
import { JoinedReads } from "../../../durable/room/past/joined-reads.ts";
import { LastValuesFold } from "../../../durable/room/state/last-values.ts";
import type { Database } from "../../../src/db/driver/database.ts";
import { readEarlierLife, readNewestCursor } from "../../../src/db/events/read-earlier-life.ts";
import { readFrames, readFramesOfMany } from "../../../src/db/events/read-frames.ts";
import { readPositions } from "../../../src/db/events/read-positions.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { PositionEvent, TapeEvent } from "../../../src/protocol/events/event.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import {
  alert,
  at,
  bookSample,
  cursorAt,
  frame,
  freshSymbol,
  line,
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

  /** The database, and how many statements it was asked. */
  function counted(): { db: Database; asked: () => number } {
    let statements = 0;
    const query: Database["query"] = (...asked) => {
      statements += 1;
      return database.db.query(...asked);
    };
    return { db: { ...database.db, query }, asked: () => statements };
  }

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
        const life = await new JoinedReads(database.db).earlierLife(
          symbol,
          cursorAt(NOON_US + 100),
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
    const life = await new JoinedReads(database.db).earlierLife(symbol, cursorAt(NOON_US + 100));
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

  it("S-7 has what there is of each kind, and asks for no others", async () => {
    const reads = new JoinedReads(database.db);
    const lived = async (event: TapeEvent) => {
      const symbol = freshSymbol();
      await storeFrames(database.db, [room(symbol, frame(NOON_US + 5, event))], ids);
      const { metrics, positions, orders, trade, book } = await reads.earlierLife(
        symbol,
        cursorAt(NOON_US + 9),
      );
      const { open, overUs, noteUs } = orders ?? { open: [], overUs: null, noteUs: null };
      return [metrics, positions, open, [overUs], [noteUs], [trade], [book]].map(
        (found) => found.filter((one) => one !== null).length,
      );
    };
    const each = [
      metric("m", NOON_US, 1),
      position(NOON_US, 1),
      order(NOON_US, "1", "sent"),
      order(NOON_US, "2", "filled"),
      note(NOON_US, "a note"),
      trade(NOON_US, 1, 1),
      bookSample(NOON_US, [[1, 1]], [[2, 1]]),
    ];
    expect(await Promise.all(each.map(lived))).toEqual(
      each.map((_, nth) => each.map((_event, at) => Number(at === nth))),
    );
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
            await reads.earlierLife(symbol, through),
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

  test("S-7 B-2 minutes are the same where all trades were read, and cost no statement then", async () => {
    const traded = fc
      .tuple(moment, number, number)
      .map(([ts, price, size]) => trade(ts, price, size));
    await fc.assert(
      fc.asyncProperty(
        fc.array(traded, { minLength: 1, maxLength: 20 }),
        fc.nat({ max: 20 }),
        async (trades, nth) => {
          const symbol = freshSymbol();
          const frames = trades.map((one, index) => frame(NOON_US + index, one));
          await storeFrames(database.db, [room(symbol, ...frames)], ids);
          const through = cursorAt(NOON_US + nth);
          const read = async (limits: typeof EARLIER_LIMITS) => {
            const { db, asked } = counted();
            const joined = new JoinedReads(db);
            const { minutes } = await readEarlierLife(db, symbol, through, limits, joined);
            return { minutes, statements: asked() };
          };
          const whole = await read({ ...EARLIER_LIMITS, minutes: 5 });
          const cut = await read({ ...EARLIER_LIMITS, minutes: 5, trades: 1 });
          expect(whole).toEqual({ minutes: cut.minutes, statements: cut.statements - 1 });
        },
      ),
      { numRuns: 15 },
    );
  });

  it("S-3 pages of many symbols are the same where rooms ask together, each of its own range", async () => {
    const symbols = Array.from({ length: 6 }, () => freshSymbol());
    const eventsAt = (us: number, nth: number): TapeEvent[] => [
      metric("m", us, nth),
      trade(us, 1 + nth, 1),
      position(us, nth, 1.5, "a"),
      bookSample(us, [[nth + 1, 1]], [[nth + 2, 2]]),
      order(us, `o${nth}`, "sent"),
      note(us, `n${nth}`),
      line(us, `l${nth}`),
      alert(us, `a${nth}`),
    ];
    for (const [nth, symbol] of symbols.slice(1).entries()) {
      const frames = Array.from({ length: 8 }, (_, at) => {
        const us = NOON_US + at * 1_000_000;
        return frame(us, ...eventsAt(us, nth));
      });
      await storeFrames(database.db, [room(symbol, ...frames)], ids);
    }
    const asked = symbols.map((symbol, nth) => ({
      symbol,
      after: cursorAt(NOON_US + nth * 1_000_000),
      upTo: cursorAt(NOON_US + (nth % 2 === 0 ? 7 : 6) * 1_000_000),
    }));
    const { db, asked: statements } = counted();
    const joined = new JoinedReads(db);
    const together = await Promise.all(asked.map((one) => joined.frames(one)));
    // The others have gathered while the first was read.
    expect(statements()).toBe(2);
    const alone = asked.map((one) => readFrames(database.db, { ...one, maxEvents: 2_000 }));
    expect(together).toEqual(await Promise.all(alone));
    expect(together.map(({ frames }) => frames.length)).toEqual([0, 5, 5, 3, 3, 1]);
    // One more than are read together: each has what is its own.
    const longest = asked.slice(1).map((one) => readFramesOfMany(database.db, [one], 1));
    expect(await Promise.all(longest)).toEqual(longest.map(() => null));
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
