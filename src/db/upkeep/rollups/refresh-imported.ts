import { IMPORTED_COLUMNS, importedDays, importedHours } from "../../bars/imported-bars-sql.ts";
import { identifier, NOTHING, type Sql, sql } from "../../driver/sql.ts";

const SETTLE = sql`on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts`;

const tradedIn = (length: "1m" | "1h") => sql`exists (
    select from ${identifier(`trade_bars_${length}`)} t
    where t.symbol_id = d.symbol_id and t.bucket >= d.day and t.bucket < d.day + interval '24 hours')`;

/** A day that is not over may have minutes of an hour that is not either. */
const TRADED_DAYS = sql`
select symbol_id, day as bucket from imported_day_of d where ${tradedIn("1h")} or ${tradedIn("1m")}`;

/**
 * SQL: makes what imported bars give to the stale hours and their days anew, and takes the
 * invalidations, in one statement and so from one snapshot. Trades that are not rolled up yet come
 * with an invalidation of their own when they are.
 */
export const refreshImported = (mostInvalidations: number): Sql => sql`
with picked as materialized (
  select distinct hour, symbol_id from (
    select hour, symbol_id from stale_posted
    where (select watermark <= rolled_through from tape_state) order by hour desc, symbol_id limit ${mostInvalidations}) s),
taken as (delete from stale_posted s using picked k where s.hour = k.hour and s.symbol_id = k.symbol_id),
${importedHours({ hours: sql`picked`, isSeen: sql`true`, moreTradedMinutes: NOTHING })},
${importedDays(sql`picked`, TRADED_DAYS)},
set_hour as (insert into bars_1h_posted (${IMPORTED_COLUMNS}) select * from imported_hour ${SETTLE}),
unset_hour as (
  delete from bars_1h_posted h using picked k
  where h.symbol_id = k.symbol_id and h.bucket = k.hour
    and not exists (select from imported_hour n where n.symbol_id = k.symbol_id and n.bucket = k.hour)),
set_day as (insert into bars_1d_posted (${IMPORTED_COLUMNS}) select * from imported_day ${SETTLE}),
unset_day as (
  delete from bars_1d_posted h using imported_day_of d
  where h.symbol_id = d.symbol_id and h.bucket = d.day
    and not exists (select from imported_day n where n.symbol_id = d.symbol_id and n.bucket = d.day))
select count(*)::int4 as taken from picked`;
