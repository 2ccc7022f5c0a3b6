import type { BarLength } from "../../core/rollup-choice.ts";
import {
  firstNamed,
  nothing,
  POSTED_COLUMNS,
  postedDays,
  postedHours,
  postedPieces,
} from "./imported-bars-sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { bucketOf, dayOf, hourOf, minuteOf } from "../driver/sql-time.ts";

/* The share of posted bars in the statement of `readBars`, after the CTEs of `keptBars` that it names. */

const [FROM, TO] = ["$3::timestamptz", "$4::timestamptz"];

/**
 * SQL: buckets in which somebody traded, as parts and the tail tell, of those whose `key` is among `rows`: as a rule there are
 * none of them, and then no part is read, which the planner must be told. Every trade is in some part, so of those in no
 * rollup at least the first of each minute.
 */
const traded = (bucket: (moment: string) => string, key: string, rows: string) => `
  select symbol_id, bucket from (
    select a.id as symbol_id, ${bucket("first_ts")} as bucket
    from (select place, first_ts from whole_part union all select place, first_ts from piece) p join asked a using (place)
    union all
    select a.id, ${bucket("ts")} from tail join asked a using (place)) t
  where exists (${rows}) and (symbol_id, ${key}) in (${rows})`;

/**
 * Hours whose part of posted bars is made anew for this query: those the Keeper has yet to look at, those with trades that
 * are not rolled up or later than what is stored through, and those after all that is rolled up. As a rule there are few,
 * which an array makes the planner believe; it would guess a part of all bars posted.
 */
const ANEW = (lengths: string) => `
anew as materialized (
  select x.hour, s.id as symbol_id from asked s cross join lateral (
    select unnest(array(
      select hour from stale_posted where symbol_id = s.id and hour >= ${FROM} and hour < ${TO}
      union
      select hour from stale where place = s.place
      union
      select ${hourOf("bucket")} from posted_bars
      where symbol_id = s.id and length_s in (${lengths})
        and bucket >= (select ${bucketOf("minutes_end", "$2")} from bounds) and bucket < ${TO})) as hour) x),
${postedHours({
  hours: "anew",
  isSeen: "cursor <= (select a.stored_through from asked a where a.id = symbol_id)",
  moreTradedMinutes: `union all ${traded(minuteOf, hourOf("bucket"), "select symbol_id, hour from posted_in")}`,
})}`;

/**
 * SQL, to be followed by more: what posted bars give to those hours and their days. So an answer is exact up to its cursor
 * as soon as a bar is posted or a trade comes where one was, and never waits for the Keeper.
 */
export function postedAnew(length: BarLength): string {
  switch (length) {
    case "1m":
      return `
posted_piece as materialized (${ofAsked(postedPieces("1 minute", `p.symbol_id = s.id and p.bucket >= ${FROM} and p.bucket < ${TO}`))}),`;
    case "1h":
      return `${ANEW("60, 3600")},`;
    case "1d":
      return `${ANEW("60, 3600, 86400")},
${postedDays("anew", traded(dayOf, "bucket", "select symbol_id, day from posted_day_of"))},`;
  }
}

/** SQL: parts of bars. A posted minute counts where nobody traded; most of the rest the Keeper has made ready. */
export function postedPart(length: BarLength): string {
  return `
  select a.place, ${bucketOf("bucket", "$2")}, first_ts, last_ts, high, low, volume, trades, 1, open, close
  from (${rowsOf(length)}) posted join asked a on a.id = posted.symbol_id`;
}

function rowsOf(length: BarLength): string {
  const ready = (bars: string) =>
    ofAsked(
      `select ${POSTED_COLUMNS} from ${bars} where symbol_id = s.id and bucket >= ${FROM} and bucket < ${TO}`,
    );
  switch (length) {
    case "1m":
      return firstNamed(
        nothing(`(${traded(minuteOf, "bucket", "select symbol_id, bucket from posted_piece")}) t`),
        "select * from posted_piece",
      );
    case "1h":
      return firstNamed(
        "select * from posted_hour",
        nothing("(select symbol_id, hour as bucket from anew) hours"),
        ready("bars_1h_posted"),
      );
    case "1d":
      return firstNamed(
        "select * from posted_day",
        nothing("(select symbol_id, day as bucket from posted_day_of) days"),
        ready("bars_1d_posted"),
      );
  }
}

const ofAsked = (rows: string) => `select x.* from asked s ${byIndex(rows, "x")}`;
