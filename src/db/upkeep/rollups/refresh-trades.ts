import { DAY_US, HOUR_US, MINUTE_US } from "../../../core/time/duration.ts";
import { identifier, NOTHING, type Sql, sql } from "../../driver/sql.ts";
import { byIndex } from "../../driver/sql-plan.ts";
import { dayOf } from "../../driver/sql-time.ts";
import { type Reach, takeStale } from "./take-stale.ts";
import { BAR_COLUMNS, mergeBars, SETTLE_BAR, tradeRollup } from "./trade-rollups.ts";

/**
 * SQL: makes the bars of stale hours of trades anew from the raw trades, and takes the
 * invalidations, in one statement and so from one snapshot. A day is made of its hours, the new
 * ones and those that stay. Where bars had been imported, what they give to the hour has to be
 * looked at again.
 */
export function refreshTrades(reach: Reach, mostInvalidations: number): Sql {
  const past = refreshed("past", sql`trades_past`);
  const live = refreshed("live", sql`trades_live`);
  return sql`
with ${takeStale(sql`stale_trades`, sql`symbol_id`, reach, mostInvalidations)},
${past}${reach === "all" ? sql`,\n${live}` : NOTHING},
invalidation as (${INVALIDATE_IMPORTED})
select count(*)::int4 as taken from picked`;
}

/**
 * SQL: invalidates the hours of `picked` in which imported bars may have lost their place to
 * trades.
 */
export const INVALIDATE_IMPORTED = sql`
insert into stale_posted (hour, symbol_id)
select k.hour, k.symbol_id from picked k where exists (
  select from posted_bars p where p.symbol_id = k.symbol_id and (
    p.length_s = 60 and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour'
    or p.length_s = 3600 and p.bucket = k.hour
    or p.length_s = 86400 and p.bucket = ${dayOf(sql`k.hour`)}))`;

/**
 * A day of which `raw_from` lies in the middle, as sessions that were not in UTC have left some,
 * has a bar on both sides: each of the hours of its own side.
 */
function refreshed(part: "live" | "past", raw: Sql): Sql {
  const side = part === "live" ? sql`>=` : sql`<`;
  const hours = sql`k.hour ${side} (select raw_from from state)`;
  const rolled = sql`(select rolled_through from state)`;
  const isKept =
    part === "live" ? sql`bucket < ${rolled}` : sql`bucket >= (select minutes_from from state)`;
  const isOver = (length: Sql) =>
    part === "live" ? sql`bucket + ${length} <= ${rolled}` : sql`true`;
  const trades = identifier(`${part}_trade`);
  const newHour = identifier(`${part}_new_hour`);
  const hourOfDay = identifier(`${part}_hour_of_day`);
  const bars = (length: "1m" | "1h" | "1d") => identifier(`bars_${length}_${part}`);
  return sql`
${trades} as materialized (
  select t.* from picked k ${byIndex(
    sql`select * from ${raw}
    where symbol_id = k.symbol_id and ts >= k.hour and ts < k.hour + interval '1 hour'`,
    sql`t`,
  )} where ${hours}),
${identifier(`${part}_minute`)} as (
  insert into ${bars("1m")} (${BAR_COLUMNS})
  select * from (${tradeRollup(sql`${trades} t`, MINUTE_US)}) r where ${isKept} ${SETTLE_BAR}),
${newHour} as materialized (
  select * from (${tradeRollup(sql`${trades} t`, HOUR_US)}) r where ${isOver(sql`interval '1 hour'`)}),
${identifier(`${part}_hour`)} as (
  insert into ${bars("1h")} (${BAR_COLUMNS}) select * from ${newHour} ${SETTLE_BAR}),
${hourOfDay} as (
  select * from ${newHour}
  union all
  select h.symbol_id, h.bucket, h.open, h.high, h.low, h.close, h.volume, h.trades, h.first_ts, h.last_ts, h.cursor
  from (select distinct ${dayOf(sql`k.hour`)} as day, k.symbol_id from picked k where ${hours}) d ${byIndex(
    sql`select * from ${bars("1h")}
    where symbol_id = d.symbol_id and bucket >= d.day and bucket < d.day + interval '24 hours'`,
    sql`h`,
  )}
  where not exists (
    select from picked k where k.symbol_id = h.symbol_id and k.hour = h.bucket and ${hours})),
${identifier(`${part}_day`)} as (
  insert into ${bars("1d")} (${BAR_COLUMNS})
  select * from (${mergeBars(sql`${hourOfDay} b`, DAY_US)}) r where ${isOver(sql`interval '24 hours'`)} ${SETTLE_BAR})`;
}
