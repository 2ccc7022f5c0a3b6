import { DAY_US, HOUR_US, MINUTE_US } from "../../../core/duration.ts";
import { byIndex } from "../../driver/sql-plan.ts";
import { dayOf } from "../../driver/sql-time.ts";
import { type Reach, takeStale } from "./take-stale.ts";
import { BAR_COLUMNS, mergeBars, SETTLE_BAR, tradeRollup } from "./trade-rollups.ts";

/**
 * SQL: makes the bars of stale hours of trades anew from the raw trades, and takes the notes, in one statement and so
 * from one snapshot. A day is made of its hours, the new ones and those that stay. Where bars had been posted, what they
 * give to the hour has to be looked at again. $1: most notes taken.
 */
export function refreshTrades(reach: Reach): string {
  const past = refreshed("past", "trades_past");
  const live = refreshed("live", "trades_live");
  return `
with ${takeStale("stale_trades", "symbol_id", reach)},
${past}${reach === "all" ? `,\n${live}` : ""},
note as (${NOTE_POSTED})
select count(*)::int4 as taken from picked`;
}

/** SQL: notes the hours of `picked` in which posted bars may have lost their place to trades. */
export const NOTE_POSTED = `
insert into stale_posted (hour, symbol_id)
select k.hour, k.symbol_id from picked k where exists (
  select from posted_bars p where p.symbol_id = k.symbol_id and (
    p.length_s = 60 and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour'
    or p.length_s = 3600 and p.bucket = k.hour
    or p.length_s = 86400 and p.bucket = ${dayOf("k.hour")}))`;

/**
 * A day of which `raw_from` lies in the middle, as sessions that were not in UTC have left some, has a bar on both sides: each of the
 * hours of its own side.
 */
function refreshed(part: "live" | "past", raw: string): string {
  const side = part === "live" ? ">=" : "<";
  const hours = `k.hour ${side} (select raw_from from state)`;
  const rolled = "(select rolled_through from state)";
  const isKept =
    part === "live" ? `bucket < ${rolled}` : "bucket >= (select minutes_from from state)";
  const isOver = (length: string) =>
    part === "live" ? `bucket + interval '${length}' <= ${rolled}` : "true";
  return `
${part}_trade as materialized (
  select t.* from picked k ${byIndex(
    `select * from ${raw}
    where symbol_id = k.symbol_id and ts >= k.hour and ts < k.hour + interval '1 hour'`,
    "t",
  )} where ${hours}),
${part}_minute as (
  insert into bars_1m_${part} (${BAR_COLUMNS})
  select * from (${tradeRollup(`${part}_trade t`, MINUTE_US)}) r where ${isKept} ${SETTLE_BAR}),
${part}_new_hour as materialized (
  select * from (${tradeRollup(`${part}_trade t`, HOUR_US)}) r where ${isOver("1 hour")}),
${part}_hour as (
  insert into bars_1h_${part} (${BAR_COLUMNS}) select * from ${part}_new_hour ${SETTLE_BAR}),
${part}_hour_of_day as (
  select * from ${part}_new_hour
  union all
  select h.symbol_id, h.bucket, h.open, h.high, h.low, h.close, h.volume, h.trades, h.first_ts, h.last_ts, h.cursor
  from (select distinct ${dayOf("k.hour")} as day, k.symbol_id from picked k where ${hours}) d ${byIndex(
    `select * from bars_1h_${part}
    where symbol_id = d.symbol_id and bucket >= d.day and bucket < d.day + interval '24 hours'`,
    "h",
  )}
  where not exists (
    select from picked k where k.symbol_id = h.symbol_id and k.hour = h.bucket and ${hours})),
${part}_day as (
  insert into bars_1d_${part} (${BAR_COLUMNS})
  select * from (${mergeBars(`${part}_hour_of_day b`, DAY_US)}) r where ${isOver("24 hours")} ${SETTLE_BAR})`;
}
