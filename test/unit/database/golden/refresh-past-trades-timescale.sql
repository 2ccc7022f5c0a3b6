update stale_trades set is_claimed = true
where hour >= (select raw_from from tape_state) and hour in (
  select distinct hour from (
    select hour from stale_trades where hour >= (select raw_from from tape_state) order by hour desc limit $1) s)
returning (extract(epoch from hour) * 1000000)::int8 as hour_us, (select (extract(epoch from rolled_through) * 1000000)::int8 from tape_state) as rolled_through_us
-- $1 = 16

-- then

-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with
state as materialized (
  select watermark, rolled_through, raw_from, minutes_from, packed_through from tape_state),
picked as materialized (
  select distinct hour, symbol_id from (
    select hour, symbol_id from stale_trades
    where (select watermark <= rolled_through from state) and hour < (select raw_from from state) order by hour desc, symbol_id limit $1) s),
taken as (delete from stale_trades s using picked k where s.hour = k.hour and s.symbol_id = k.symbol_id),
past_trade as materialized (
  select t.* from picked k cross join lateral (select * from trades_past
    where symbol_id = k.symbol_id and ts >= k.hour and ts < k.hour + interval '1 hour' offset 0) t where k.hour < (select raw_from from state)),
past_minute as (
  insert into bars_1m_past (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor)
  select * from (
select t.symbol_id, date_bin(60000000::int8 * interval '1 microsecond', t.ts, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1] as open, max(t.price) as high, min(t.price) as low,
  (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1] as close,
  sum(least(1e300, t.size)) as volume, count(*) as trades,
  min(t.ts) as first_ts, max(t.ts) as last_ts, max(t.cursor) as cursor
from past_trade t group by 1, 2) r where bucket >= (select minutes_from from state) on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts, cursor = excluded.cursor),
past_new_hour as materialized (
  select * from (
select t.symbol_id, date_bin(3600000000::int8 * interval '1 microsecond', t.ts, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1] as open, max(t.price) as high, min(t.price) as low,
  (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1] as close,
  sum(least(1e300, t.size)) as volume, count(*) as trades,
  min(t.ts) as first_ts, max(t.ts) as last_ts, max(t.cursor) as cursor
from past_trade t group by 1, 2) r where true),
past_hour as (
  insert into bars_1h_past (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor) select * from past_new_hour on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts, cursor = excluded.cursor),
past_hour_of_day as (
  select * from past_new_hour
  union all
  select h.symbol_id, h.bucket, h.open, h.high, h.low, h.close, h.volume, h.trades, h.first_ts, h.last_ts, h.cursor
  from (select distinct date_bin(86400000000::int8 * interval '1 microsecond', k.hour, timestamptz '1970-01-01 00:00:00+00') as day, k.symbol_id from picked k where k.hour < (select raw_from from state)) d cross join lateral (select * from bars_1h_past
    where symbol_id = d.symbol_id and bucket >= d.day and bucket < d.day + interval '24 hours' offset 0) h
  where not exists (
    select from picked k where k.symbol_id = h.symbol_id and k.hour = h.bucket and k.hour < (select raw_from from state))),
past_day as (
  insert into bars_1d_past (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor)
  select * from (
select b.symbol_id, date_bin(86400000000::int8 * interval '1 microsecond', b.bucket, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(b.open order by b.first_ts))[1] as open, max(b.high) as high, min(b.low) as low,
  (array_agg(b.close order by b.last_ts desc))[1] as close, sum(b.volume) as volume, sum(b.trades)::int8 as trades,
  min(b.first_ts) as first_ts, max(b.last_ts) as last_ts, max(b.cursor) as cursor
from past_hour_of_day b group by 1, 2) r where true on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts, cursor = excluded.cursor),
invalidation as (
insert into stale_posted (hour, symbol_id)
select k.hour, k.symbol_id from picked k where exists (
  select from posted_bars p where p.symbol_id = k.symbol_id and (
    p.length_s = 60 and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour'
    or p.length_s = 3600 and p.bucket = k.hour
    or p.length_s = 86400 and p.bucket = date_bin(86400000000::int8 * interval '1 microsecond', k.hour, timestamptz '1970-01-01 00:00:00+00'))))
select count(*)::int4 as taken from picked
-- $1 = 16
