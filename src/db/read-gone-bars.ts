import { chooseBars } from "../core/rollup-choice.ts";
import type { Interval } from "../protocol/interval.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { textArray } from "./array-text.ts";
import type { Database } from "./database.ts";
import { epochUsOf, momentText } from "./sql-time.ts";

/** $1 symbols, $2 where the range of each begins, $3 where all end. `from` is where what such bars are made of begins. */
const selectGone = (from: "raw_from" | "minutes_from") => `
select ${epochUsOf("t.moment")} as gone_before
from (select ${from} as moment from tape_state) t
where exists (
  select from unnest($1::text[], $2::timestamptz[]) as a (symbol, range_from)
  join symbols y on y.symbol = a.symbol
  cross join lateral (
    select from trades_1h_spans h
    where h.symbol_id = y.id
      and h.bucket > a.range_from - interval '1 hour' and h.bucket < least($3::timestamptz, t.moment)
      and h.last_ts >= a.range_from and h.first_ts < $3::timestamptz
    limit 1) h
  where t.moment > a.range_from)`;

/** Bars of a symbol from a moment on. */
export interface BarsFrom {
  symbol: SymbolName;
  fromUs: EpochUs;
}

/**
 * From when on there are bars of this interval for all trades of these symbols, each from its `fromUs` to the common `toUs`: what
 * was traded before is kept in longer bars alone (SPEC R-3). Null where that is all of the ranges.
 *
 * @throws what `classifyFailure` reads.
 */
export async function readGoneBars(
  db: Database,
  ranges: readonly BarsFrom[],
  { interval, toUs }: { interval: Interval; toUs: EpochUs },
  tag?: string,
): Promise<EpochUs | null> {
  const kept = chooseBars(interval);
  if (kept === "1h" || kept === "1d") return null;
  const text = selectGone(kept === "raw" ? "raw_from" : "minutes_from");
  const params = [
    textArray(ranges.map(({ symbol }) => symbol)),
    textArray(ranges.map(({ fromUs }) => momentText(fromUs))),
    momentText(toUs),
  ];
  const [row] = await db.query(text, params, tag);
  return row === undefined ? null : (Number(row["gone_before"]) as EpochUs);
}
