import type { BucketValues } from "../core/statistics/bucket-values.ts";
import { EARLIEST_US } from "../core/timestamp.ts";
import type { BarsRange, TailedSymbol } from "../db/bars/read-bar-columns.ts";
import { readClosesOf, readGridClosesOf } from "../db/bars/read-bars.ts";
import { type BarsFrom, readGoneBars } from "../db/bars/read-gone-bars.ts";
import type { AppContext } from "../middleware/context.ts";
import { INTERVAL_SECONDS, type Interval } from "../protocol/interval.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor, EpochUs } from "../protocol/time.ts";
import { type BucketRange, restsOnFrom } from "./bucket-range.ts";
import { databaseOf } from "./database-of.ts";
import { fewAtOnce } from "./few-at-once.ts";
import { readTail } from "./room-tail.ts";
import { tailedSymbol } from "./symbol-bars.ts";

/** The closes of one symbol, with every trade up to `cursor` and none after it. */
export interface SymbolCloses {
  cursor: Cursor;
  closes: BucketValues;
}

/**
 * The closes of several symbols, in their order, over the same range, and from when on they are whole, null where they are
 * (SPEC R-3).
 */
export async function readClosesOfEach(
  c: AppContext,
  symbols: readonly SymbolName[],
  interval: Interval,
  bucketRange: BucketRange,
): Promise<{ read: SymbolCloses[]; goneBefore: EpochUs | null }> {
  const { fromUs, toUs, buckets } = bucketRange;
  // As many bars as there are buckets: then one look covers them all.
  const range = { interval, fromUs, toUs, limit: buckets };
  const read = await inParts(symbols, async (part) => {
    const tails = await fewAtOnce(part, (symbol) => readTail(c.env, symbol));
    const tailed = tails.map((tail, at) => tailedSymbol(part[at] as SymbolName, tail));
    const db = databaseOf(c.get("config"));
    const closes = await readClosesOf(db, tailed, range, c.get("correlationId"));
    return tails.map(({ cursor }, at) => ({ cursor, closes: closes[at] as BucketValues }));
  });
  const ranges = symbols.map((symbol, at) => {
    const { closes } = read[at] as SymbolCloses;
    return { symbol, fromUs: restsOnFrom(bucketRange, closes) };
  });
  return { read, goneBefore: await goneClosesBefore(c, ranges, interval, toUs) };
}

/** As `readGoneBars` says. */
export function goneClosesBefore(
  c: AppContext,
  ranges: readonly BarsFrom[],
  interval: Interval,
  toUs: EpochUs,
): Promise<EpochUs | null> {
  const db = databaseOf(c.get("config"));
  return readGoneBars(db, ranges, { interval, toUs }, c.get("correlationId"));
}

/** The same where the tails have been read, and before the range the last close that there is, however old. */
export async function readClosesAndLastBefore(
  c: AppContext,
  symbols: readonly TailedSymbol[],
  interval: Interval,
  { fromUs, toUs, buckets }: BucketRange,
): Promise<BucketValues[]> {
  // As a rule it is that of the bucket before, which costs one more of a statement that is made anyway.
  const beforeUs = (fromUs - INTERVAL_SECONDS[interval] * 1_000_000) as EpochUs;
  const range = { interval, fromUs: beforeUs, toUs, limit: buckets + 1 };
  const closes = await readGridCloses(c, symbols, range);
  return fewAtOnce([...symbols.entries()], async ([at, symbol]) => {
    const { ts, values } = closes[at] as BucketValues;
    if ((ts[0] ?? fromUs) < fromUs) return { ts, values };
    const older = { interval, fromUs: EARLIEST_US, toUs: beforeUs, limit: 1 };
    const [last] = await readGridCloses(c, [symbol], older);
    return { ts: [...(last?.ts ?? []), ...ts], values: [...(last?.values ?? []), ...values] };
  });
}

function readGridCloses(c: AppContext, symbols: readonly TailedSymbol[], range: BarsRange) {
  return readGridClosesOf(databaseOf(c.get("config")), symbols, range, c.get("correlationId"));
}

/** Most symbols of one statement: all their tails are in memory at once. */
const SYMBOLS_AT_ONCE = 25;

/** What `read` finds for the symbols, part by part and in their order. */
export async function inParts<Found>(
  symbols: readonly SymbolName[],
  read: (part: readonly SymbolName[]) => Promise<Found[]>,
): Promise<Found[]> {
  const found: Found[] = [];
  while (found.length < symbols.length) {
    found.push(...(await read(symbols.slice(found.length, found.length + SYMBOLS_AT_ONCE))));
  }
  return found;
}
