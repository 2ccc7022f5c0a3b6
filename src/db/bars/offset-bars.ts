import { POSTED_INTERVAL_SECONDS, POSTED_INTERVALS } from "../../protocol/events/bar-push.ts";
import { ask } from "../driver/ask.ts";
import { numbersOf } from "../driver/columns.ts";
import type { Database } from "../driver/database.ts";
import { rowsOf, texts } from "../driver/rows-of.ts";
import { identifiers, join, sql } from "../driver/sql.ts";
import { epochUsOf, momentOf } from "../driver/sql-time.ts";
import { type BarColumn, joinedColumn } from "./bars-sql.ts";
import {
  type BarColumns,
  type BarsRange,
  noBars,
  readBarColumns,
  type TailedSymbol,
  tradesOf,
} from "./read-bar-columns.ts";

function selectOffset(
  symbols: readonly TailedSymbol[],
  { interval, fromUs, toUs, limit }: BarsRange,
  columns: readonly BarColumn[],
) {
  const lengthS = POSTED_INTERVAL_SECONDS[interval as keyof typeof POSTED_INTERVAL_SECONDS];
  const asked = rowsOf("a", { symbol: texts(symbols.map(({ symbol }) => symbol)) }, "place");
  const starts = sql`string_agg(${epochUsOf(sql`bucket`)}::text, ',') as ts`;
  // A bar of the grid takes the place of two at most: so many are enough whatever is left out.
  const most = 3 * limit;
  return sql`
with offset_bar as (
  select a.place, p.* from ${asked}
  join symbols y on y.symbol = a.symbol
  cross join lateral (
    select ${identifiers(["bucket", ...columns])} from posted_bars
    where symbol_id = y.id and length_s = ${lengthS} and bucket >= ${momentOf(fromUs)} and bucket < ${momentOf(toUs)}
      and bucket <> date_bin(length_s * interval '1 second', bucket, timestamptz '1970-01-01 00:00:00+00')
    order by bucket desc limit ${most}) p
  order by a.place, p.bucket)
select place, ${join([starts, ...columns.map(joinedColumn)])}
from offset_bar group by place`;
}

/**
 * Bars as {@link readBarColumns} reads them, and with them those imported with an offset that share
 * no moment with one of these (SPEC B-7).
 *
 * @throws DatabaseError
 */
export async function readBarsOfAnyOffset(
  db: Database,
  symbols: readonly TailedSymbol[],
  range: BarsRange,
  columns: readonly BarColumn[],
  tag?: string,
): Promise<BarColumns[]> {
  const imported = POSTED_INTERVALS.find((one) => one === range.interval);
  if (imported === undefined) return readBarColumns(db, symbols, range, columns, tag);
  const lengthUs = POSTED_INTERVAL_SECONDS[imported] * 1_000_000;
  const [onGrid, between] = await Promise.all([
    readBarColumns(db, symbols, range, columns, tag),
    readOffsetBars(db, symbols, range, columns, tag),
  ]);
  const places = [...between.keys()].filter((place) => between[place]?.ts.length !== 0);
  if (places.length === 0) return onGrid;
  // A bar beyond a border of the range may share moments with one inside.
  const wider = {
    ...range,
    fromUs: (range.fromUs - lengthUs) as BarsRange["fromUs"],
    toUs: (range.toUs + lengthUs) as BarsRange["toUs"],
    limit: range.limit + 2,
  };
  const ofThose = places.map((place) => symbols[place] as TailedSymbol);
  const around = await readBarColumns(db, ofThose, wider, columns, tag);
  for (const [at, place] of places.entries()) {
    const [grid, offset] = [around[at] as BarColumns, between[place] as BarColumns];
    onGrid[place] = joined(grid, offset, { ...range, lengthUs });
  }
  return onGrid;
}

async function readOffsetBars(
  db: Database,
  symbols: readonly TailedSymbol[],
  range: BarsRange,
  columns: readonly BarColumn[],
  tag: string | undefined,
): Promise<BarColumns[]> {
  const found = symbols.map(noBars);
  const rows = await ask(db, selectOffset(symbols, range, columns), tag);
  for (const row of rows) {
    const bars = found[Number(row["place"]) - 1] as BarColumns;
    for (const name of ["ts", ...columns] as const) {
      bars[name] = name === "trades" ? tradesOf(row) : numbersOf(row[name]);
    }
  }
  return found;
}

/** The newest `limit` bars that begin in the range, of both kinds and the oldest first. */
function joined(
  grid: BarColumns,
  offset: BarColumns,
  { fromUs, toUs, limit, lengthUs }: BarsRange & { lengthUs: number },
): BarColumns {
  const taken = new Set(grid.ts);
  const isFree = (us: number) => {
    const before = Math.floor(us / lengthUs) * lengthUs;
    return !taken.has(before) && !taken.has(before + lengthUs);
  };
  const chosen = [
    ...[...grid.ts.entries()].map(([at, ts]) => ({ of: grid, at, ts })),
    ...[...offset.ts.entries()]
      .map(([at, ts]) => ({ of: offset, at, ts }))
      .filter(({ ts }) => isFree(ts)),
  ]
    .filter(({ ts }) => ts >= fromUs && ts < toUs)
    .sort((a, b) => a.ts - b.ts)
    .slice(-limit);
  const bars = noBars();
  for (const name of Object.keys(bars) as (keyof BarColumns)[]) {
    bars[name] = chosen.flatMap(({ of, at }) => of[name].slice(at, at + 1));
  }
  return bars;
}
