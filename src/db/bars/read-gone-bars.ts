import { chooseBars } from "../../core/answers/rollup-choice.ts";
import type { Interval } from "../../protocol/words/interval.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { moments, rowsOf, texts } from "../driver/rows-of.ts";
import { identifier, sql } from "../driver/sql.ts";
import { epochUsOf, momentOf } from "../driver/sql-time.ts";

/** Bars of a symbol from a moment on. */
export interface BarsFrom {
  symbol: SymbolName;
  fromUs: EpochUs;
}

/** `begins` is where what such bars are made of begins. */
function selectGone(
  begins: "raw_from" | "minutes_from",
  ranges: readonly BarsFrom[],
  toUs: EpochUs,
) {
  const asked = rowsOf("a", {
    symbol: texts(ranges.map(({ symbol }) => symbol)),
    range_from: moments(ranges.map(({ fromUs }) => fromUs)),
  });
  const to = momentOf(toUs);
  return sql`
select ${epochUsOf(sql`t.moment`)} as gone_before
from (select ${identifier(begins)} as moment from tape_state) t
where exists (
  select from ${asked}
  join symbols y on y.symbol = a.symbol
  cross join lateral (
    select from trades_1h_spans h
    where h.symbol_id = y.id
      and h.bucket > a.range_from - interval '1 hour' and h.bucket < least(${to}, t.moment)
      and h.last_ts >= a.range_from and h.first_ts < ${to}
    limit 1) h
  where t.moment > a.range_from)`;
}

/**
 * From when on there are bars of this interval for all trades of these symbols, each from its `fromUs` to the common `toUs`: what
 * was traded before is kept in longer bars alone (SPEC R-3). Null where that is all of the ranges.
 *
 * @throws DatabaseError
 */
export async function readGoneBars(
  db: Database,
  ranges: readonly BarsFrom[],
  { interval, toUs }: { interval: Interval; toUs: EpochUs },
  tag?: string,
): Promise<EpochUs | null> {
  const rollup = chooseBars(interval);
  if (rollup === "1h" || rollup === "1d") return null;
  const begins = rollup === "raw" ? "raw_from" : "minutes_from";
  const [row] = await ask(db, selectGone(begins, ranges, toUs), tag);
  return row === undefined ? null : (Number(row["gone_before"]) as EpochUs);
}
