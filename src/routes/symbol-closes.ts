import type { BucketValues } from "../core/statistics/bucket-values.ts";
import type { AppContext } from "../middleware/context.ts";
import type { Interval } from "../protocol/interval.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import type { BucketRange } from "./bucket-range.ts";
import { fewAtOnce } from "./few-at-once.ts";
import { readSymbolBars } from "./symbol-bars.ts";

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
  const closes = { ts: bars.map(({ ts }) => ts), values: bars.map(({ close }) => close) };
  return { cursor, closes };
}

/** The closes of several symbols, in their order, over the same range. */
export function readClosesOfEach(
  c: AppContext,
  symbols: readonly SymbolName[],
  interval: Interval,
  range: BucketRange,
): Promise<SymbolCloses[]> {
  return fewAtOnce(symbols, (symbol) => readSymbolCloses(c, symbol, interval, range));
}
