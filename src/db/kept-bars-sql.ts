import type { BarLength } from "../core/rollup-choice.ts";
import { postedAnew, postedPart } from "./kept-posted-sql.ts";
import { bucketOf, dayOf, hourOf, minuteOf } from "./sql-time.ts";
import { ofEach, tradesOf } from "./stored-trades-sql.ts";

const [FROM, TO] = ["$3::timestamptz", "$4::timestamptz"];
const BAR = "bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, origin";
const PIECE = "place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close";

/**
 * SQL: the CTE `stored_part`, parts of bars as `selectBars` puts them together, from kept bars of `length` as far as they go,
 * from shorter ones and at last from trades for the rest, and from posted bars. What is not over is not rolled up, a day
 * with a stale hour is made of its hours, and a stale hour of its trades. A kept bar that holds something later than what is
 * stored through is stale for this query. The range is whole buckets of `length`.
 */
export function keptBars(length: BarLength): string {
  return `
bounds as materialized (
  select raw_from, ${length === "1m" ? `least(${TO}, greatest(${FROM}, minutes_from))` : FROM} as kept_from,
    least(${TO}, greatest(${FROM}, ${dayOf("rolled_through")})) as days_end,
    least(${TO}, greatest(${FROM}, ${hourOf("rolled_through")})) as hours_end,
    least(${TO}, greatest(${FROM}, ${minuteOf("rolled_through")})) as minutes_end
  from tape_state),
${STALE_NOTES}, ${CANDIDATES[length]},
span as materialized (
  select * from (
    select a.*, ${FROM} as from_ts, kept_from as to_ts from asked a, bounds
    union all
    select a.*, greatest(kept_from, minutes_end), ${TO} from asked a, bounds
    union all
    select a.*, greatest(s.hour, kept_from), least(s.hour + interval '1 hour', minutes_end)
    from stale s join asked a using (place), bounds) s
  where from_ts < to_ts),
fresh_trade as (${ofEach("span", tradesOf("ts >= s.from_ts and ts < s.to_ts"))}),
piece as (
  select ${PIECE} from fitting
  union all
  select place, ${minuteOf("ts")}, min(ts), max(ts), max(price), min(price), sum(size), count(*), 2,
    (array_agg(price order by ts, cursor, ordinal))[1], (array_agg(price order by ts desc, cursor desc, ordinal desc))[1]
  from fresh_trade group by 1, 2),
${postedAnew(length)}
stored_part as (
  select ${PIECE.replace("bucket", `${bucketOf("bucket", "$2")} as bucket`)} from piece
  union all
  ${postedPart(length)})`;
}

const STALE_NOTES = `
noted as materialized (
  select a.place, n.hour from asked a join stale_trades n on n.symbol_id = a.id
  where n.hour >= ${hourOf(FROM)} and n.hour < (select minutes_end from bounds)
  union
  select place, ${hourOf("ts")} from tail where ts < (select minutes_end from bounds))`;

/**
 * Kept bars of the live table and of the past. A bucket can have a part in both: they are put together like any others, and at
 * the same moment that of the past is later. Those of the past and shorter ones are not of origin 0: they may be parts.
 */
const keptOf = (bars: string, isWithin: string, origin = 1) =>
  ["live", "past"]
    .map(
      (part, later) => `
    select ${BAR.replace("origin", `${origin + later} as origin`)} from bars_${bars}_${part}
    where symbol_id = s.id and bucket >= ${FROM} and bucket < ${TO} and ${isWithin}`,
    )
    .join(" union all ");

const between = (from: string, to: string) =>
  `bucket >= (select ${from} from bounds) and bucket < (select ${to} from bounds)`;

const keptIn = (bars: string, from: string, to: string) =>
  ofEach("asked", keptOf(bars, between(from, to)));

/** The same where it is nearly all of the range: see `rolled` in series-rollup-sql.ts. */
const keptInMost = (bars: string, from: string, to: string) =>
  ofEach("asked", keptOf(bars, `case when ${between(from, to)} then true else false end`, 0));

/** NOT IN, for that is a hash whatever the planner expects; neither column is ever null. */
const IS_FRESH = `(place, ${hourOf("bucket")}) not in (select place, hour from stale)`;

const fresh = (bars: string) => `select ${PIECE} from ${bars} where ${IS_FRESH}`;

/** Of an hour whose raw trades are gone the kept bar is all there is, and right; what came since is in trades_past. */
const frozen = (bars: string, origin: number) => `
  select ${PIECE} from (${ofEach(
    "(select a.*, n.hour from stale n join asked a using (place) where n.hour < (select raw_from from bounds))",
    `
    select ${BAR.replace("origin", `${origin} as origin`)} from bars_${bars}_live
    where symbol_id = s.id and bucket >= ${FROM} and bucket < ${TO}
      and bucket >= greatest(s.hour, (select kept_from from bounds)) and bucket < s.hour + interval '1 hour'`,
  )}) f`;

const MINUTES_AFTER_HOURS = `
minute as materialized (${keptIn("1m", "hours_end", "minutes_end")})`;

const late = (bars: string) =>
  `select place, ${hourOf("bucket")} from ${bars} where cursor > stored_through`;

const CANDIDATES: Record<BarLength, string> = {
  "1m": `
minute as materialized (${keptInMost("1m", "kept_from", "minutes_end")}),
stale as materialized (select place, hour from noted union ${late("minute")}),
fitting as (${fresh("minute")} union all ${frozen("1m", 0)})`,

  "1h": `
whole_hour as materialized (${keptInMost("1h", "kept_from", "hours_end")}),
${MINUTES_AFTER_HOURS},
stale as materialized (select place, hour from noted union ${late("whole_hour")} union ${late("minute")}),
fitting as (${fresh("whole_hour")} union all ${fresh("minute")} union all ${frozen("1h", 0)})`,

  "1d": `
whole_day as materialized (${keptInMost("1d", "kept_from", "days_end")}),
stale_day as materialized (
  select place, ${dayOf("hour")} as day from noted
  union select place, bucket from whole_day where cursor > stored_through),
whole_hour as materialized (
  ${keptIn("1h", "days_end", "hours_end")}
  union all
  select ${["place", "id", "stored_through", BAR].join(", ")} from (${ofEach(
    "(select a.*, d.day from stale_day d join asked a using (place))",
    keptOf(
      "1h",
      "bucket >= s.day and bucket < least(s.day + interval '1 day', (select days_end from bounds))",
    ),
  )}) h),
${MINUTES_AFTER_HOURS},
stale as materialized (select place, hour from noted union ${late("whole_hour")} union ${late("minute")}),
fitting as (
  select ${PIECE} from whole_day where (place, bucket) not in (select place, day from stale_day)
  union all ${fresh("whole_hour")} union all ${fresh("minute")} union all ${frozen("1h", 1)})`,
};
