import { closingTrades } from "../../core/bars/closing-trades.ts";
import { fewAtOnce } from "../../core/limits/few-at-once.ts";
import type { BucketValues } from "../../core/statistics/bucket-values.ts";
import { type BucketRange, restsOnFrom } from "../../core/time/bucket-range.ts";
import { DAY_US } from "../../core/time/duration.ts";
import { EARLIEST_US } from "../../core/time/timestamp.ts";
import type { BarsRange, TailedSymbol } from "../../db/bars/read-bar-columns.ts";
import { readClosesOf, readGridClosesOf } from "../../db/bars/read-bars.ts";
import { type BarsFrom, readGoneBars } from "../../db/bars/read-gone-bars.ts";
import { INTERVAL_SECONDS, type Interval } from "../../protocol/words/interval.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { type DecodedTail, readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";
import { tailedSymbol } from "../symbols/symbol-bars.ts";

/** The closes of one symbol, with every trade up to `cursor` and none after it. */
export interface SymbolCloses {
  cursor: Cursor;
  closes: BucketValues;
}

/** Over which buckets, and when it is asked. */
export interface ClosesQuery {
  interval: Interval;
  range: BucketRange;
  nowUs: EpochUs;
}

/**
 * The closes of several symbols, in their order, over the same range, and from when on they are whole, null where they are
 * (SPEC R-3).
 */
export async function readClosesOfEach(
  sources: Sources,
  symbols: readonly SymbolName[],
  { interval, range: bucketRange, nowUs }: ClosesQuery,
): Promise<{ read: SymbolCloses[]; goneBefore: EpochUs | null }> {
  const { fromUs, toUs, buckets } = bucketRange;
  // As many bars as there are buckets: then one look covers them all.
  const range = { interval, fromUs, toUs, limit: buckets };
  const { rooms, db, correlationId } = sources;
  const read = await inParts(symbols, {
    take: async (symbol) => {
      const tail = await readTail(rooms, symbol, ["trade"]);
      return { cursor: tail.cursor, tailed: closingTail(symbol, tail, interval, nowUs) };
    },
    query: async (part) => {
      const tailed = part.map((one) => one.tailed);
      const closes = await readClosesOf(db, tailed, range, correlationId);
      return part.map(({ cursor }, at) => ({ cursor, closes: closes[at] as BucketValues }));
    },
  });
  const ranges = symbols.map((symbol, at) => {
    const { closes } = read[at] as SymbolCloses;
    return { symbol, fromUs: restsOnFrom(bucketRange, closes) };
  });
  return { read, goneBefore: await goneClosesBefore(sources, ranges, interval, toUs) };
}

/** As `readGoneBars` says. */
export function goneClosesBefore(
  { db, correlationId }: Sources,
  ranges: readonly BarsFrom[],
  interval: Interval,
  toUs: EpochUs,
): Promise<EpochUs | null> {
  return readGoneBars(db, ranges, { interval, toUs }, correlationId);
}

/** The same where the tails have been read, and before the range the last close that there is, however old. */
export async function readClosesAndLastBefore(
  sources: Sources,
  symbols: readonly TailedSymbol[],
  interval: Interval,
  { fromUs, toUs, buckets }: BucketRange,
): Promise<BucketValues[]> {
  // As a rule it is that of the bucket before, which costs one more of a statement that is made anyway.
  const beforeUs = (fromUs - INTERVAL_SECONDS[interval] * 1_000_000) as EpochUs;
  const range = { interval, fromUs: beforeUs, toUs, limit: buckets + 1 };
  const closes = await readGridCloses(sources, symbols, range);
  return fewAtOnce([...symbols.entries()], async ([at, symbol]) => {
    const { ts, values } = closes[at] as BucketValues;
    if ((ts[0] ?? fromUs) < fromUs) return { ts, values };
    const older = { interval, fromUs: EARLIEST_US, toUs: beforeUs, limit: 1 };
    const [last] = await readGridCloses(sources, [symbol], older);
    return { ts: [...(last?.ts ?? []), ...ts], values: [...(last?.values ?? []), ...values] };
  });
}

function readGridCloses(
  { db, correlationId }: Sources,
  symbols: readonly TailedSymbol[],
  range: BarsRange,
) {
  return readGridClosesOf(db, symbols, range, correlationId);
}

/** What closes need of the tail of a symbol. */
export function closingTail(
  symbol: SymbolName,
  tail: DecodedTail,
  interval: Interval,
  nowUs: EpochUs,
): TailedSymbol {
  const tailed = tailedSymbol(symbol, tail);
  // Raw data is kept for a day at least.
  const rawSinceUs = nowUs - DAY_US;
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  return { ...tailed, tail: closingTrades(tailed.tail, lengthUs, rawSinceUs) };
}

/** Tails that are read at once: one may be 8 MiB of text, and more when it is taken apart. */
const TAILS_AT_ONCE = 2;
/** Most symbols of one statement, and about so many trades: what has been taken of their tails is in memory together. */
const SYMBOLS_AT_ONCE = 25;
const TRADES_AT_ONCE = 40_000;

export interface PartReads<Taken, Found> {
  /** Reads a symbol's tail, and takes what is needed of it. */
  take(symbol: SymbolName): Promise<Taken>;
  /** What is found for those, in their order. */
  query(part: readonly Taken[]): Promise<Found[]>;
}

/**
 * What `query` finds for the symbols, in their order, with so few tails in memory at a time that fifty long ones are answered as
 * fifty short ones are, though by more statements.
 */
export async function inParts<Taken extends { tailed: TailedSymbol }, Found>(
  symbols: readonly SymbolName[],
  { take, query }: PartReads<Taken, Found>,
): Promise<Found[]> {
  const found: Found[] = [];
  let part: Taken[] = [];
  let trades = 0;
  for (let at = 0; at < symbols.length; at += TAILS_AT_ONCE) {
    const room = SYMBOLS_AT_ONCE - part.length;
    if (room < TAILS_AT_ONCE || trades >= TRADES_AT_ONCE) {
      found.push(...(await query(part)));
      part = [];
      trades = 0;
    }
    const taken = await Promise.all(symbols.slice(at, at + TAILS_AT_ONCE).map(take));
    part.push(...taken);
    trades += taken.reduce((sum, { tailed }) => sum + tailed.tail.length, 0);
  }
  return part.length === 0 ? found : [...found, ...(await query(part))];
}
