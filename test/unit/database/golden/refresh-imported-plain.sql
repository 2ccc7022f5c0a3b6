-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with picked as materialized (
  select distinct hour, symbol_id from (
    select hour, symbol_id from stale_posted
    where (select watermark <= rolled_through from tape_state) order by hour desc, symbol_id limit $1) s),
taken as (delete from stale_posted s using picked k where s.hour = k.hour and s.symbol_id = k.symbol_id),
imported_in as materialized (
  select hour, symbol_id from picked k where exists (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 minute' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 60 and p.symbol_id = k.symbol_id and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour') or exists (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 hour' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 3600 and p.symbol_id = k.symbol_id and p.bucket = k.hour)),
imported_piece as materialized (select r.* from imported_in k cross join lateral (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 minute' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 60 and p.symbol_id = k.symbol_id and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour' limit 60) r),
imported_whole as materialized (select r.* from imported_in k cross join lateral (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 hour' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 3600 and p.symbol_id = k.symbol_id and p.bucket = k.hour limit 1) r),
traded_minute as materialized (
  select r.* from imported_in k cross join lateral (select symbol_id, bucket from bars_1m_live where symbol_id = k.symbol_id and bucket >= k.hour and bucket < k.hour + interval '1 hour' and true limit 60) r union all select r.* from imported_in k cross join lateral (select symbol_id, bucket from bars_1m_past where symbol_id = k.symbol_id and bucket >= k.hour and bucket < k.hour + interval '1 hour' and true limit 60) r
  union all
  select r.* from (select * from imported_in where hour < (select minutes_from from tape_state)) k cross join lateral (select symbol_id, date_bin(60000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') as bucket from trades_past where symbol_id = k.symbol_id and ts >= k.hour and ts < k.hour + interval '1 hour' and true offset 0) r
  union all
  select r.* from (select * from imported_in where hour < (select minutes_from from tape_state)) k cross join lateral (select symbol_id, generate_series(date_bin(60000000::int8 * interval '1 microsecond', first_ts, timestamptz '1970-01-01 00:00:00+00'), last_ts, interval '1 minute') as bucket
    from bars_1h_live where symbol_id = k.symbol_id and bucket = k.hour limit 60) r
  ),
traded_hour as materialized (
  select r.* from imported_in k cross join lateral (select symbol_id, bucket from bars_1h_live
      where symbol_id = k.symbol_id and bucket = k.hour and true limit 1) r union all select r.* from imported_in k cross join lateral (select symbol_id, bucket from bars_1h_past
      where symbol_id = k.symbol_id and bucket = k.hour and true limit 1) r
  union all
  select symbol_id, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from traded_minute),
imported_minute as materialized (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from traded_minute) s union all select 1 as rank, s.* from (select * from imported_piece) s) named
  order by symbol_id, bucket, rank) first
where open is not null),
imported_hour as materialized (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (
select symbol_id, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(open order by first_ts))[1] as open, max(high) as high, min(low) as low,
  (array_agg(close order by last_ts desc))[1] as close, sum(volume) as volume, case when count(trades) = count(*) then sum(trades)::int8 end as trades,
  min(first_ts) as first_ts, max(last_ts) as last_ts
from imported_minute group by 1, 2) s union all select 1 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from traded_hour) s union all select 2 as rank, s.* from (select * from imported_whole) s) named
  order by symbol_id, bucket, rank) first
where open is not null),
imported_day_of as materialized (select distinct date_bin(86400000000::int8 * interval '1 microsecond', hour, timestamptz '1970-01-01 00:00:00+00') as day, symbol_id from picked),
imported_hour_of_day as materialized (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (select * from imported_hour) s union all select 1 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from (select symbol_id, hour as bucket from picked) h) s union all select 2 as rank, s.* from (select r.* from imported_day_of k cross join lateral (select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_posted
      where symbol_id = k.symbol_id and bucket >= k.day and bucket < k.day + interval '24 hours' limit 24) r) s) named
  order by symbol_id, bucket, rank) first
where open is not null),
imported_day as materialized (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (
select symbol_id, date_bin(86400000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(open order by first_ts))[1] as open, max(high) as high, min(low) as low,
  (array_agg(close order by last_ts desc))[1] as close, sum(volume) as volume, case when count(trades) = count(*) then sum(trades)::int8 end as trades,
  min(first_ts) as first_ts, max(last_ts) as last_ts
from imported_hour_of_day group by 1, 2) s union all select 1 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from (
select symbol_id, day as bucket from imported_day_of d where exists (
    select from trade_bars_1h t
    where t.symbol_id = d.symbol_id and t.bucket >= d.day and t.bucket < d.day + interval '24 hours') or exists (
    select from trade_bars_1m t
    where t.symbol_id = d.symbol_id and t.bucket >= d.day and t.bucket < d.day + interval '24 hours')) t) s union all select 2 as rank, s.* from (select r.* from imported_day_of k cross join lateral (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '24 hours' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 86400 and p.symbol_id = k.symbol_id and p.bucket = k.day limit 1) r) s) named
  order by symbol_id, bucket, rank) first
where open is not null),
set_hour as (insert into bars_1h_posted (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts) select * from imported_hour on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts),
unset_hour as (
  delete from bars_1h_posted h using picked k
  where h.symbol_id = k.symbol_id and h.bucket = k.hour
    and not exists (select from imported_hour n where n.symbol_id = k.symbol_id and n.bucket = k.hour)),
set_day as (insert into bars_1d_posted (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts) select * from imported_day on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts),
unset_day as (
  delete from bars_1d_posted h using imported_day_of d
  where h.symbol_id = d.symbol_id and h.bucket = d.day
    and not exists (select from imported_day n where n.symbol_id = d.symbol_id and n.bucket = d.day))
select count(*)::int4 as taken from picked
-- $1 = 16
