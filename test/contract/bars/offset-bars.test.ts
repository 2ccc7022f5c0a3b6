import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImportedBar } from "../../../src/core/bars/imported-bar.ts";
import { readBars, readClosesOf, readGridClosesOf } from "../../../src/db/bars/read-bars.ts";
import { storeImportedBars } from "../../../src/db/store/store-imported-bars.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, freshSymbol, trade } from "../events.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const START = 500_000 * HOUR;

describe.each(testDatabaseKinds())("bars with an offset on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  const bar = (symbol: ImportedBar["symbol"], ts: number, price: number): ImportedBar => ({
    ...{ symbol, interval: "1h" },
    bar: {
      ts: at(ts),
      ...{ open: price, high: price, low: price, close: price, volume: 1 },
    },
  });

  it("B-7 are history of their own interval where no bar of the grid shares a moment, whatever part is asked for", async () => {
    const minute = fc.integer({ min: 0, max: 12 * 4 }).map((quarter) => quarter * 15);
    const bars = fc.uniqueArray(minute, { minLength: 1, maxLength: 24 });
    const borders = fc.tuple(minute, minute).filter(([from, to]) => from < to);
    await fc.assert(
      fc.asyncProperty(
        bars,
        borders,
        fc.integer({ min: 1, max: 8 }),
        async (minutes, [from, to], limit) => {
          const symbol = freshSymbol();
          await storeImportedBars(
            database.db,
            minutes.map((minute) => bar(symbol, START + minute * MINUTE, minute)),
          );
          const query = {
            symbol,
            storedThrough: cursorAt(1_000),
            tail: [],
            interval: "1h" as const,
          };
          const range = {
            ...{ fromUs: at(START + from * MINUTE), toUs: at(START + to * MINUTE), limit },
          };
          const found = await readBars(database.db, { ...query, ...range });
          const grid = minutes.filter((minute) => minute % 60 === 0);
          const counted = minutes
            .filter(
              (minute) => minute % 60 === 0 || grid.every((one) => Math.abs(one - minute) >= 60),
            )
            .filter((minute) => minute >= from && minute < to)
            .sort((a, b) => a - b)
            .slice(-limit);
          expect(found.map(({ ts }) => (ts - START) / MINUTE)).toEqual(counted);
          expect(found.map(({ close }) => close)).toEqual(counted);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("B-7 B-4 are no part of longer bars, count in closes but those at borders, and give way to a trade at once", async () => {
    const [symbol, other] = [freshSymbol(), freshSymbol()];
    await storeImportedBars(
      database.db,
      [0, 1, 2].map((nth) => bar(symbol, START + nth * HOUR + 30 * MINUTE, nth)),
    );
    const of = (name: typeof symbol, tail: number[] = []) => ({
      ...{ symbol: name, storedThrough: cursorAt(1_000) },
      tail: tail.map((ts) => ({ cursor: cursorAt(2_000), trade: trade(ts, 9, 1) })),
    });
    const range = {
      ...{ interval: "1h" as const, limit: 100 },
      ...{ fromUs: at(START - 9 * HOUR), toUs: at(START + 9 * HOUR) },
    };
    const closes = await readClosesOf(database.db, [of(other), of(symbol)], range);
    expect(closes.map(({ values }) => values)).toEqual([[], [0, 1, 2]]);
    expect((await readGridClosesOf(database.db, [of(symbol)], range))[0]?.values).toEqual([]);
    for (const interval of ["4h", "1d"] as const) {
      const [longer] = await readClosesOf(database.db, [of(symbol)], { ...range, interval });
      expect(longer?.values).toEqual([]);
    }
    const [traded] = await readClosesOf(database.db, [of(symbol, [START + HOUR + 1])], range);
    expect(traded).toEqual({ ts: [START + HOUR, START + 2.5 * HOUR], values: [9, 2] });
  });
});
