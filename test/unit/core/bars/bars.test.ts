import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bucketStartUs,
  extendBar,
  type GrowingBar,
  openBar,
} from "../../../../src/core/bars/bars.ts";
import { INTERVAL_SECONDS, INTERVALS } from "../../../../src/protocol/words/interval.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";

const trade = fc.record({
  // Few moments, so that many trades share one.
  ts: fc.nat({ max: 8 }).map((step) => (1_700_000_040_000_000 + step * 1_000_000) as EpochUs),
  price: fc.integer({ min: -5, max: 500 }),
  size: fc.integer({ min: 0, max: 9 }),
});

test("B-2 INV-7 a bar is the same whatever order its trades of different moments come in", () => {
  fc.assert(
    fc.property(fc.array(trade, { minLength: 1, maxLength: 30 }), (trades) => {
      const [first, ...rest] = trades;
      if (first === undefined) return;
      const bar = rest.reduce(extendBar, openBar(first, "1m"));
      // A stable sort by time keeps those of one moment in the order they arrived.
      const byTime = trades.toSorted((a, b) => a.ts - b.ts);
      const expected: GrowingBar = {
        ts: 1_700_000_040_000_000 as EpochUs,
        open: byTime[0]?.price ?? Number.NaN,
        close: byTime.at(-1)?.price ?? Number.NaN,
        high: Math.max(...trades.map(({ price }) => price)),
        low: Math.min(...trades.map(({ price }) => price)),
        volume: trades.reduce((sum, { size }) => sum + size, 0),
        trades: trades.length,
        openedAtUs: byTime[0]?.ts ?? first.ts,
        closedAtUs: byTime.at(-1)?.ts ?? first.ts,
      };
      expect(bar).toEqual(expected);
    }),
  );
});

test("B-1 a bucket holds its moment and begins at a multiple of its interval, before 1970 too", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -9_000_000_000_000_000, max: 9_000_000_000_000_000 }),
      fc.constantFrom(...INTERVALS),
      (ts, interval) => {
        const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
        const start = bucketStartUs(ts as EpochUs, interval);
        expect(Math.abs(start % lengthUs)).toBe(0);
        expect(start).toBeLessThanOrEqual(ts);
        expect(ts - start).toBeLessThan(lengthUs);
      },
    ),
  );
});
