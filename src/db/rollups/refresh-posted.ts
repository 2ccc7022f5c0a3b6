import { bucketOf } from "../sql-time.ts";
import { DAY_US, HOUR_US } from "./lengths.ts";

/** Columns of what posted bars give to an hour or a day. */
const COLUMNS = "symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts";

const SETTLE = `on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts`;

/** SQL: posted bars of a length as pieces, each with the moments it opens and closes. */
const pieces = (from: string, length: string) => `
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '${length}' - interval '1 microsecond' as last_ts
from ${from}`;

const merged = (bars: string, lengthUs: number) => `
select b.symbol_id, ${bucketOf("b.bucket", String(lengthUs))} as bucket,
  (array_agg(b.open order by b.first_ts))[1] as open, max(b.high) as high, min(b.low) as low,
  (array_agg(b.close order by b.last_ts desc))[1] as close, sum(b.volume) as volume, sum(b.trades)::int8 as trades,
  min(b.first_ts) as first_ts, max(b.last_ts) as last_ts
from ${bars} group by 1, 2`;

/**
 * SQL: what posted bars give to the stale hours and their days, made anew. The finest that is known counts: of an hour
 * the posted minutes in which nobody traded, or else the bar posted for the hour if nobody traded in all of it; of a day
 * its hours, or else the bar posted for the day. $1: most notes taken.
 */
export const REFRESH_POSTED = `
with picked as materialized (
  select distinct hour, symbol_id from (
    select hour, symbol_id from stale_posted order by hour desc, symbol_id limit $1) s),
taken as (delete from stale_posted s using picked k where s.hour = k.hour and s.symbol_id = k.symbol_id),
day as materialized (select distinct ${bucketOf("hour", String(DAY_US))} as day, symbol_id from picked),
minute as materialized (${pieces(
  `picked k join posted_bars p on p.symbol_id = k.symbol_id and p.length_s = 60
    and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour'`,
  "1 minute",
)}
  where not exists (select from trade_bars_1m t where t.symbol_id = p.symbol_id and t.bucket = p.bucket)),
hour as materialized (
  ${merged("minute b", HOUR_US)}
  union all
  ${pieces(
    `picked k join posted_bars p on p.symbol_id = k.symbol_id and p.length_s = 3600 and p.bucket = k.hour`,
    "1 hour",
  )}
  where not exists (select from minute m where m.symbol_id = k.symbol_id and ${bucketOf("m.bucket", String(HOUR_US))} = k.hour)
    and not exists (
      select from trade_bars_1m t
      where t.symbol_id = p.symbol_id and t.bucket >= p.bucket and t.bucket < p.bucket + interval '1 hour')
    and not exists (select from trade_bars_1h t where t.symbol_id = p.symbol_id and t.bucket = p.bucket)),
set_hour as (insert into bars_1h_posted (${COLUMNS}) select * from hour ${SETTLE}),
unset_hour as (
  delete from bars_1h_posted h using picked k
  where h.symbol_id = k.symbol_id and h.bucket = k.hour
    and not exists (select from hour n where n.symbol_id = k.symbol_id and n.bucket = k.hour)),
hour_of_day as materialized (
  select * from hour
  union all
  select h.symbol_id, h.bucket, h.open, h.high, h.low, h.close, h.volume, h.trades, h.first_ts, h.last_ts
  from day d join bars_1h_posted h
  on h.symbol_id = d.symbol_id and h.bucket >= d.day and h.bucket < d.day + interval '1 day'
  where not exists (select from picked k where k.symbol_id = h.symbol_id and k.hour = h.bucket)),
new_day as materialized (
  ${merged("hour_of_day b", DAY_US)}
  union all
  ${pieces(
    `day d join posted_bars p on p.symbol_id = d.symbol_id and p.length_s = 86400 and p.bucket = d.day`,
    "1 day",
  )}
  where not exists (
      select from hour_of_day h where h.symbol_id = d.symbol_id and ${bucketOf("h.bucket", String(DAY_US))} = d.day)
    and not exists (
      select from trade_bars_1h t
      where t.symbol_id = p.symbol_id and t.bucket >= p.bucket and t.bucket < p.bucket + interval '1 day')
    and not exists (
      select from trade_bars_1m t
      where t.symbol_id = p.symbol_id and t.bucket >= p.bucket and t.bucket < p.bucket + interval '1 day')),
set_day as (insert into bars_1d_posted (${COLUMNS}) select * from new_day ${SETTLE}),
unset_day as (
  delete from bars_1d_posted h using day d
  where h.symbol_id = d.symbol_id and h.bucket = d.day
    and not exists (select from new_day n where n.symbol_id = d.symbol_id and n.bucket = d.day))
select count(*)::int4 as taken from picked`;
