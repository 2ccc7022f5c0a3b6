import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tradeKey } from "../../../src/core/events/encode-events.ts";
import { newestTrades } from "../../../src/core/events/newest-trades.ts";
import { readNewestTrades } from "../../../src/db/events/read-newest-trades.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { cursorAt, frame, freshSymbol, NOON_US, room, trade } from "../events.ts";

describe.each(testDatabaseKinds())("trades on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  /** Trades of few moments, some of another day, and some known by an id that comes again. */
  const anyTrade = fc
    .tuple(fc.constantFrom(0, 1, 2, -86_400_000_000), fc.nat(3), fc.constantFrom("x", "y", null))
    .map(([us, size, id]) => trade(NOON_US + us, 100, size, id === null ? {} : { id }));
  const asked = fc.record({
    log: fc.array(anyTrade, { maxLength: 14 }),
    inRoom: fc.nat(14),
    limit: fc.integer({ min: 1, max: 6 }),
  });

  it("R-4 I-7 the newest are those of the whole log, each once, wherever it is cut between Postgres and the room", async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ log, inRoom, limit }) => {
        const symbol = freshSymbol();
        const frames = log.map((event, at) => frame(at + 1, event));
        const storedFrames = frames.slice(0, Math.max(0, log.length - inRoom));
        if (storedFrames.length > 0)
          await storeFrames(database.db, [room(symbol, ...storedFrames)], ids);
        const storedThrough = cursorAt(storedFrames.length);
        const stored = await readNewestTrades(database.db, { symbol, storedThrough, limit });
        const tail = log.map((event, at) => ({ cursor: cursorAt(at + 1), event }));
        const first = log.filter((event, at) => {
          const key = tradeKey(event);
          return key === null || log.findIndex((other) => tradeKey(other) === key) === at;
        });
        // Of a repeat of a trade at the oldest moment that was read nobody knows the first place.
        const keys = new Set(stored.map(({ event }) => tradeKey(event)));
        const cutTs = stored.length === limit ? stored.at(-1)?.event.ts : undefined;
        const isUnsure = ({ event }: { event: (typeof log)[number] }) =>
          event.ts === cutTs && !first.includes(event) && !keys.has(tradeKey(event));
        fc.pre(!tail.slice(storedFrames.length).some(isUnsure));
        const newest = first.toSorted((a, b) => a.ts - b.ts).reverse();
        expect(newestTrades(stored, tail.slice(storedFrames.length), limit)).toEqual(
          newest.slice(0, limit),
        );
        // What is stored behind the place that is asked for the tail has.
        expect(
          await readNewestTrades(database.db, { symbol, storedThrough: cursorAt(0), limit }),
        ).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
