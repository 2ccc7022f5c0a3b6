import type { BarLength } from "../core/rollup-choice.ts";
import {
  firstNamed,
  nothing,
  POSTED_COLUMNS,
  postedDays,
  postedHours,
  postedPieces,
} from "./posted-bars-sql.ts";
import { DAY_US, HOUR_US, MINUTE_US } from "./rollups/lengths.ts";
import { bucketOf } from "./sql-time.ts";

/* The share of posted bars in the statement of `readBars`, after the CTEs of `keptBars` that it names. */

const SYMBOL = "(select id from symbol)";
const [FROM, TO] = ["$3::timestamptz", "$4::timestamptz"];
const minute = (moment: string) => bucketOf(moment, String(MINUTE_US));
const hour = (moment: string) => bucketOf(moment, String(HOUR_US));
const day = (moment: string) => bucketOf(moment, String(DAY_US));

/**
 * Hours whose part of posted bars is made anew for this query: those the Keeper has yet to look at, those with trades that
 * are not rolled up or later than $5, and those after all that is rolled up. As a rule there are few, which an array makes
 * the planner believe; it would guess a part of all bars posted.
 */
const ANEW = (lengths: string) => `
anew as materialized (
  select unnest(array(
    select hour from stale_posted where symbol_id = ${SYMBOL} and hour >= ${FROM} and hour < ${TO}
    union
    select hour from stale
    union
    select ${hour("bucket")} from posted_bars
    where symbol_id = ${SYMBOL} and length_s in (${lengths})
      and bucket >= (select ${bucketOf("minutes_end", "$2")} from bounds) and bucket < ${TO})) as hour,
    ${SYMBOL} as symbol_id),
${postedHours({
  hours: "anew",
  isSeen: "cursor <= $5",
  // Every trade is in some piece, so of those that are in no rollup at least the first of each minute.
  moreTradedMinutes: `
  union all select ${SYMBOL}, ${minute("first_ts")} from piece
  union all select ${SYMBOL}, ${minute("ts")} from tail`,
})}`;

/**
 * SQL, to be followed by more: what posted bars give to those hours and their days. So an answer is exact up to its cursor
 * as soon as a bar is posted or a trade comes where one was, and never waits for the Keeper.
 */
export function postedAnew(length: BarLength): string {
  switch (length) {
    case "1m":
      return "";
    case "1h":
      return `${ANEW("60, 3600")},`;
    case "1d":
      return `${ANEW("60, 3600, 86400")},
${postedDays(
  "anew",
  `select ${SYMBOL} as symbol_id, ${day("first_ts")} as bucket from piece
  union all select ${SYMBOL}, ${day("ts")} from tail`,
)},`;
  }
}

/** SQL: parts of bars. A posted minute counts where nobody traded; most of the rest the Keeper has made ready. */
export function postedPart(length: BarLength): string {
  return `
  select ${bucketOf("bucket", "$2")}, first_ts, last_ts, high, low, volume, trades, 0, open, close
  from (${rowsOf(length)}) posted`;
}

function rowsOf(length: BarLength): string {
  const within = `symbol_id = ${SYMBOL} and bucket >= ${FROM} and bucket < ${TO}`;
  const ready = (bars: string) => `select ${POSTED_COLUMNS} from ${bars} where ${within}`;
  switch (length) {
    case "1m":
      return firstNamed(
        nothing(`(
          select ${SYMBOL} as symbol_id, bucket from piece
          union all select ${SYMBOL}, ${minute("ts")} from tail) traded`),
        postedPieces("1 minute", within),
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
