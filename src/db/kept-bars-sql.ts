import type { BarLength } from "../core/rollup-choice.ts";
import { postedAnew, postedPart } from "./kept-posted-sql.ts";
import { DAY_US, HOUR_US, MINUTE_US } from "./rollups/lengths.ts";
import { bucketOf } from "./sql-time.ts";
import { tradesOf } from "./stored-trades-sql.ts";

const SYMBOL = "(select id from symbol)";
const [FROM, TO] = ["$3::timestamptz", "$4::timestamptz"];
const BAR = "bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, place";
const minute = (moment: string) => bucketOf(moment, String(MINUTE_US));
const hour = (moment: string) => bucketOf(moment, String(HOUR_US));
const day = (moment: string) => bucketOf(moment, String(DAY_US));

/**
 * SQL: the CTE `stored_part`, parts of bars as `selectBars` puts them together, from kept bars of `length` as far as they go,
 * from shorter ones and at last from trades for the rest, and from posted bars. What is not over is not rolled up, a day
 * with a stale hour is made of its hours, and a stale hour of its trades. A kept bar that holds something later than $5 is
 * stale for this query. The range is whole buckets of `length`.
 */
export function keptBars(length: BarLength): string {
  return `
bounds as materialized (
  select raw_from, ${length === "1m" ? `least(${TO}, greatest(${FROM}, minutes_from))` : FROM} as kept_from,
    least(${TO}, greatest(${FROM}, ${day("rolled_through")})) as days_end,
    least(${TO}, greatest(${FROM}, ${hour("rolled_through")})) as hours_end,
    least(${TO}, greatest(${FROM}, ${minute("rolled_through")})) as minutes_end
  from tape_state),
${STALE_NOTES}, ${CANDIDATES[length]},
span as materialized (
  select * from (
    select ${FROM} as from_ts, kept_from as to_ts from bounds
    union all
    select greatest(kept_from, minutes_end), ${TO} from bounds
    union all
    select greatest(hour, kept_from), least(hour + interval '1 hour', minutes_end) from stale, bounds) s
  where from_ts < to_ts),
fresh_trade as (
  select t.* from span s cross join lateral (${tradesOf("ts >= s.from_ts and ts < s.to_ts")} offset 0) t),
piece as (
  select bucket, first_ts, last_ts, high, low, volume, trades, place, open, close from fitting
  union all
  select ${minute("ts")}, min(ts), max(ts), max(price), min(price), sum(size), count(*), 0,
    (array_agg(price order by ts, cursor, ordinal))[1], (array_agg(price order by ts desc, cursor desc, ordinal desc))[1]
  from fresh_trade group by 1),
${postedAnew(length)}
stored_part as (
  select ${bucketOf("bucket", "$2")} as bucket, first_ts, last_ts, high, low, volume, trades, place, open, close from piece
  union all
  ${postedPart(length)})`;
}

const STALE_NOTES = `
noted as materialized (
  select hour from stale_trades
  where symbol_id = ${SYMBOL} and hour >= ${hour(FROM)} and hour < (select minutes_end from bounds)
  union
  select ${hour("ts")} from tail where ts < (select minutes_end from bounds))`;

/**
 * Kept bars of the live table and of the past. A bucket can have a part in both: they are put together like any others, and at
 * the same moment that of the past is later.
 */
const keptOf = (bars: string, isWithin: string) =>
  ["live", "past"]
    .map(
      (part, place) => `
  select ${BAR.replace("place", `${place} as place`)} from bars_${bars}_${part}
  where symbol_id = ${SYMBOL} and bucket >= ${FROM} and bucket < ${TO} and ${isWithin}`,
    )
    .join(" union all ");

const between = (from: string, to: string) =>
  `bucket >= (select ${from} from bounds) and bucket < (select ${to} from bounds)`;

const keptIn = (bars: string, from: string, to: string) => keptOf(bars, between(from, to));

/** The same where it is nearly all of the range: see `rolled` in series-rollup-sql.ts. */
const keptInMost = (bars: string, from: string, to: string) =>
  keptOf(bars, `case when ${between(from, to)} then true else false end`);

/** NOT IN, for that is a hash whatever the planner expects; hours are never null. */
const IS_FRESH = `${hour("bucket")} not in (select hour from stale)`;

/** Of an hour whose raw trades are gone the kept bar is all there is, and right; what came since is in trades_past. */
const frozen = (bars: string) => `
  select l.* from stale s cross join lateral (
    select ${BAR.replace("place", "0")} from bars_${bars}_live
    where symbol_id = ${SYMBOL} and bucket >= ${FROM} and bucket < ${TO}
      and bucket >= greatest(s.hour, (select kept_from from bounds)) and bucket < s.hour + interval '1 hour' offset 0) l
  where s.hour < (select raw_from from bounds)`;

const MINUTES_AFTER_HOURS = `
minute as materialized (${keptIn("1m", "hours_end", "minutes_end")})`;

const LATE = (bars: string) => `select ${hour("bucket")} from ${bars} where cursor > $5`;

const CANDIDATES: Record<BarLength, string> = {
  "1m": `
minute as materialized (${keptInMost("1m", "kept_from", "minutes_end")}),
stale as materialized (select hour from noted union ${LATE("minute")}),
fitting as (select ${BAR} from minute where ${IS_FRESH} union all ${frozen("1m")})`,

  "1h": `
whole_hour as materialized (${keptInMost("1h", "kept_from", "hours_end")}),
${MINUTES_AFTER_HOURS},
stale as materialized (select hour from noted union ${LATE("whole_hour")} union ${LATE("minute")}),
fitting as (
  select ${BAR} from whole_hour where ${IS_FRESH}
  union all select ${BAR} from minute where ${IS_FRESH} union all ${frozen("1h")})`,

  "1d": `
whole_day as materialized (${keptInMost("1d", "kept_from", "days_end")}),
stale_day as materialized (
  select distinct ${day("hour")} as day from noted
  union select bucket from whole_day where cursor > $5),
whole_hour as materialized (
  ${keptIn("1h", "days_end", "hours_end")}
  union all
  select h.* from stale_day d cross join lateral (
    ${keptOf("1h", "bucket >= d.day and bucket < least(d.day + interval '1 day', (select days_end from bounds))")} offset 0) h),
${MINUTES_AFTER_HOURS},
stale as materialized (select hour from noted union ${LATE("whole_hour")} union ${LATE("minute")}),
fitting as (
  select ${BAR} from whole_day where bucket not in (select day from stale_day)
  union all select ${BAR} from whole_hour where ${IS_FRESH}
  union all select ${BAR} from minute where ${IS_FRESH} union all ${frozen("1h")})`,
};
