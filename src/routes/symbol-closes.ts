import type { BucketValues } from "../core/statistics/bucket-values.ts";
import { readClosesOf } from "../db/read-bars.ts";
import type { AppContext } from "../middleware/context.ts";
import type { Interval } from "../protocol/interval.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import type { BucketRange } from "./bucket-range.ts";
import { databaseOf } from "./database-of.ts";
import { fewAtOnce } from "./few-at-once.ts";
import { readTradeTail } from "./symbol-bars.ts";

/** The closes of one symbol, with every trade up to `cursor` and none after it. */
export interface SymbolCloses {
  cursor: Cursor;
  closes: BucketValues;
}

export async function readSymbolCloses(
  c: AppContext,
  symbol: SymbolName,
  interval: Interval,
  range: BucketRange,
): Promise<SymbolCloses> {
  const [found] = await readClosesOfEach(c, [symbol], interval, range);
  return found as SymbolCloses;
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
  // As many bars as there are buckets: then one look covers them all.
  const range = { interval, fromUs, toUs, limit: buckets };
  const found: SymbolCloses[] = [];
  while (found.length < symbols.length) {
    const part = symbols.slice(found.length, found.length + SYMBOLS_AT_ONCE);
    const tails = await fewAtOnce(part, (symbol) => readTradeTail(c, symbol));
    const closes = await readClosesOf(
      databaseOf(c.get("config")),
      tails,
      range,
      c.get("correlationId"),
    );
    for (const [at, { cursor }] of tails.entries()) {
      found.push({ cursor, closes: closes[at] as BucketValues });
    }
  }
  return found;
}
