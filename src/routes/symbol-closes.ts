import type { BucketValues } from "../core/statistics/bucket-values.ts";
import { readBarsOfEach } from "../db/read-bars.ts";
import type { AppContext } from "../middleware/context.ts";
import type { Bar } from "../protocol/bar.ts";
import type { Interval } from "../protocol/interval.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import type { BucketRange } from "./bucket-range.ts";
import { databaseOf } from "./database-of.ts";
import { fewAtOnce } from "./few-at-once.ts";
import { readSymbolBars, readTradeTail } from "./symbol-bars.ts";

/** The closes of one symbol, with every trade up to `cursor` and none after it. */
export interface SymbolCloses {
  cursor: Cursor;
  closes: BucketValues;
}

export async function readSymbolCloses(
  c: AppContext,
  symbol: SymbolName,
  interval: Interval,
  { fromUs, toUs, buckets }: BucketRange,
): Promise<SymbolCloses> {
  // As many bars as there are buckets: then one look covers them all.
  const query = { symbol, interval, fromUs, toUs, limit: buckets };
  const { cursor, bars } = await readSymbolBars(c, query);
  return { cursor, closes: closesOf(bars) };
}

/** Most symbols of one statement: all their tails are in memory at once. */
const SYMBOLS_AT_ONCE = 25;

/** The closes of several symbols, in their order, over the same range. */
export async function readClosesOfEach(
  c: AppContext,
  symbols: readonly SymbolName[],
  interval: Interval,
  { fromUs, toUs, buckets }: BucketRange,
): Promise<SymbolCloses[]> {
  const found: SymbolCloses[] = [];
  while (found.length < symbols.length) {
    const part = symbols.slice(found.length, found.length + SYMBOLS_AT_ONCE);
    const tails = await fewAtOnce(part, (symbol) => readTradeTail(c, symbol));
    const bars = await readBarsOfEach(
      databaseOf(c.get("config")),
      tails,
      { interval, fromUs, toUs, limit: buckets },
      c.get("correlationId"),
    );
    found.push(...tails.map(({ cursor }, at) => ({ cursor, closes: closesOf(bars[at] ?? []) })));
  }
  return found;
}

function closesOf(bars: readonly Bar[]): BucketValues {
  return { ts: bars.map(({ ts }) => ts), values: bars.map(({ close }) => close) };
}
