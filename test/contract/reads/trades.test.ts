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
        const query = {
          ...{ symbol, storedThrough: cursorAt(storedFrames.length), limit },
          tail: log
            .map((event, at) => ({ cursor: cursorAt(at + 1), event }))
            .slice(storedFrames.length),
        };
        const stored = await readNewestTrades(database.db, query);
        const first = log.filter((event, at) => {
          const key = tradeKey(event);
          return key === null || log.findIndex((other) => tradeKey(other) === key) === at;
        });
        const newest = first.toSorted((a, b) => a.ts - b.ts).reverse();
        expect(newestTrades(stored, query.tail, limit)).toEqual(newest.slice(0, limit));
        // What is stored behind the place that is asked for the tail has.
        expect(
          await readNewestTrades(database.db, { ...query, storedThrough: cursorAt(0) }),
        ).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("R-4 I-7 a repeat in the room of a trade deeper than the answer, at its oldest moment, is no other trade", async () => {
    const symbol = freshSymbol();
    const stored = ["first", "second", "third"].map((id, at) =>
      trade(NOON_US, 100, at + 1, { id }),
    );
    const frames = stored.map((event, at) => frame(at + 1, event));
    await storeFrames(database.db, [room(symbol, ...frames)], ids);
    const again = [
      trade(NOON_US, 100, 9, { id: "first" }),
      trade(NOON_US, 100, 9, { id: "first", venue: "other" }),
    ];
    const tail = again.map((event, at) => ({ cursor: cursorAt(at + 4), event }));
    const query = { symbol, storedThrough: cursorAt(3), tail, limit: 2 };
    expect(newestTrades(await readNewestTrades(database.db, query), tail, 2)).toEqual([
      again[1],
      stored[2],
    ]);
  });
});
