import { volumeOf } from "../../core/bars/bar-volume.ts";
import type { BucketValues } from "../../core/statistics/bucket-values.ts";
import type { Bar } from "../../protocol/events/bar.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Database } from "../driver/database.ts";
import { readBarsOfAnyOffset } from "./offset-bars.ts";
import {
  type BarColumns,
  type BarsRange,
  readBarColumns,
  type TailedSymbol,
} from "./read-bar-columns.ts";

export type BarsQuery = BarsRange & TailedSymbol;

/**
 * Bars from stored trades, their rollups, bars that were imported, and the tail together, oldest
 * first; buckets without any have none. Among them are those imported with an offset (SPEC B-7).
 * Open and close are the first and last by (ts, cursor, ordinal) (SPEC B-2). A tail trade that
 * repeats a stored or earlier one does not count.
 *
 * @throws DatabaseError
 */
export async function readBars(db: Database, query: BarsQuery, tag?: string): Promise<Bar[]> {
  const { symbol, storedThrough, tail } = query;
  const [bars] = await readBarsOfMany(db, [{ symbol, storedThrough, tail }], query, tag);
  return bars ?? [];
}

/** The same of several symbols in their order. @throws DatabaseError */
export async function readBarsOfMany(
  db: Database,
  symbols: readonly TailedSymbol[],
  range: BarsRange,
  tag?: string,
): Promise<Bar[][]> {
  const columns = ["open", "high", "low", "close", "volume", "trades"] as const;
  return (await readBarsOfAnyOffset(db, symbols, range, columns, tag)).map(barsOf);
}

function barsOf({ ts, open, high, low, close, volume, trades }: BarColumns): Bar[] {
  return ts.map((bucketUs, at) => {
    const count = trades[at] as number;
    return {
      ts: bucketUs as EpochUs,
      open: open[at] as number,
      high: high[at] as number,
      low: low[at] as number,
      close: close[at] as number,
      volume: volumeOf(volume[at] as number, Number.isNaN(count) ? null : count),
      ...(!Number.isNaN(count) && { trades: count }),
    };
  });
}

/** The closes of those bars alone, of several symbols in their order. @throws DatabaseError */
export async function readClosesOf(
  db: Database,
  symbols: readonly TailedSymbol[],
  range: BarsRange,
  tag?: string,
): Promise<BucketValues[]> {
  const found = await readBarsOfAnyOffset(db, symbols, range, ["close"], tag);
  return found.map(({ ts, close }) => ({ ts: ts as EpochUs[], values: close }));
}

/** The same without bars of an offset: at a border of buckets those are not over. */
export async function readGridClosesOf(
  db: Database,
  symbols: readonly TailedSymbol[],
  range: BarsRange,
  tag?: string,
): Promise<BucketValues[]> {
  const found = await readBarColumns(db, symbols, range, ["close"], tag);
  return found.map(({ ts, close }) => ({ ts: ts as EpochUs[], values: close }));
}
