import type { BarLength } from "../core/rollup-choice.ts";
import { postedAnew, postedPart } from "./kept-posted-sql.ts";
import { DAY_US, HOUR_US, MINUTE_US } from "./rollups/lengths.ts";
import { bucketOf, timestampOf } from "./sql-time.ts";

const SYMBOL = "(select id from symbol)";
const [FROM, TO] = [timestampOf("$3"), timestampOf("$4")];
const BAR = "bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor";
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
fresh_trade as (
  select t.* from all_trades t
  where t.symbol_id = ${SYMBOL} and t.cursor <= $5 and t.ts >= ${FROM} and t.ts < (select kept_from from bounds)
  union all
  select t.* from all_trades t
  where t.symbol_id = ${SYMBOL} and t.cursor <= $5
    and t.ts >= greatest((select kept_from from bounds), (select minutes_end from bounds)) and t.ts < ${TO}
  union all
  select t.* from stale s join all_trades t
  on t.symbol_id = ${SYMBOL} and t.cursor <= $5 and t.ts >= greatest(s.hour, (select kept_from from bounds))
    and t.ts < least(s.hour + interval '1 hour', (select minutes_end from bounds))),
piece as (
  select bucket, first_ts, last_ts, high, low, volume, trades, open, close from fitting
  union all
  select ${minute("ts")}, min(ts), max(ts), max(price), min(price), sum(size), count(*),
    (array_agg(price order by ts, cursor, ordinal))[1], (array_agg(price order by ts desc, cursor desc, ordinal desc))[1]
  from fresh_trade group by 1),
${postedAnew(length)}
stored_part as (
  select ${bucketOf("bucket", "$2")} as bucket, first_ts, last_ts, high, low, volume, trades, 0 as place, open, close from piece
  union all
  ${postedPart(length)})`;
}

const STALE_NOTES = `
noted as materialized (
  select hour from stale_trades
  where symbol_id = ${SYMBOL} and hour >= ${hour(FROM)} and hour < (select minutes_end from bounds)
  union
  select ${hour("ts")} from tail where ts < (select minutes_end from bounds))`;

const keptIn = (bars: string, from: string, to: string) => `
  select ${BAR} from trade_bars_${bars}
  where symbol_id = ${SYMBOL} and bucket >= (select ${from} from bounds) and bucket < (select ${to} from bounds)`;

const isFresh = (of: string) =>
  `not exists (select from stale s where s.hour = ${hour(`${of}.bucket`)})`;

/** Of an hour whose raw trades are gone the kept bar is all there is, and right; what came since is in trades_past. */
const frozen = (bars: string) => `
  select ${BAR.replaceAll(/(\w+)/g, "l.$1")} from stale s join bars_${bars}_live l
  on l.symbol_id = ${SYMBOL} and l.bucket >= greatest(s.hour, (select kept_from from bounds))
    and l.bucket < least(s.hour + interval '1 hour', ${TO})
  where s.hour < (select raw_from from bounds)`;

const MINUTES_AFTER_HOURS = `
minute as materialized (${keptIn("1m", "hours_end", "minutes_end")})`;

const CANDIDATES: Record<BarLength, string> = {
  "1m": `
minute as materialized (
  select ${BAR} from trade_bars_1m
  where symbol_id = ${SYMBOL} and bucket >= (select kept_from from bounds) and bucket < (select minutes_end from bounds)),
stale as materialized (
  select hour from noted union select ${hour("bucket")} from minute where cursor > $5),
fitting as (select ${BAR} from minute m where ${isFresh("m")} union all ${frozen("1m")})`,

  "1h": `
whole_hour as materialized (
  select ${BAR} from trade_bars_1h
  where symbol_id = ${SYMBOL} and bucket >= ${FROM} and bucket < (select hours_end from bounds)),
${MINUTES_AFTER_HOURS},
stale as materialized (
  select hour from noted
  union select bucket from whole_hour where cursor > $5
  union select ${hour("bucket")} from minute where cursor > $5),
fitting as (
  select ${BAR} from whole_hour h where ${isFresh("h")}
  union all select ${BAR} from minute m where ${isFresh("m")} union all ${frozen("1h")})`,

  "1d": `
whole_day as materialized (
  select ${BAR} from trade_bars_1d
  where symbol_id = ${SYMBOL} and bucket >= ${FROM} and bucket < (select days_end from bounds)),
stale_day as materialized (
  select distinct ${day("hour")} as day from noted
  union select bucket from whole_day where cursor > $5),
whole_hour as materialized (
  ${keptIn("1h", "days_end", "hours_end")}
  union all
  select ${BAR} from stale_day d join trade_bars_1h h
  on h.symbol_id = ${SYMBOL} and h.bucket >= d.day and h.bucket < least(d.day + interval '1 day', (select days_end from bounds))),
${MINUTES_AFTER_HOURS},
stale as materialized (
  select hour from noted
  union select bucket from whole_hour where cursor > $5
  union select ${hour("bucket")} from minute where cursor > $5),
fitting as (
  select ${BAR} from whole_day d where not exists (select from stale_day s where s.day = d.bucket)
  union all select ${BAR} from whole_hour h where ${isFresh("h")}
  union all select ${BAR} from minute m where ${isFresh("m")} union all ${frozen("1h")})`,
};
