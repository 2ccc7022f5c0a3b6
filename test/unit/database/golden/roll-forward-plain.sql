-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with made as (
insert into metrics_1m_live (series_id, bucket, count, sum, min, max, first, last, p95, p99, first_ts, last_ts, cursor)
select series_id, bucket, count, sum, min, max, first, last, percentiles[1], percentiles[2], first_ts, last_ts, cursor
from (
  select p.series_id, date_bin(60000000::int8 * interval '1 microsecond', p.ts, timestamptz '1970-01-01 00:00:00+00') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(array[0.95, 0.99]) within group (order by p.value) as percentiles,
    min(p.ts) as first_ts, max(p.ts) as last_ts, max(p.cursor) as cursor
  from series s cross join lateral (select * from points where series_id = s.id and ts >= $1::timestamptz and ts < $2::timestamptz offset 0) p group by 1, 2) r
order by series_id, bucket on conflict (series_id, bucket) do update
set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first,
  last = excluded.last, p95 = excluded.p95, p99 = excluded.p99, first_ts = excluded.first_ts,
  last_ts = excluded.last_ts, cursor = excluded.cursor returning 1) select count(*)::int4 as made from made
-- $1 = "2026-01-04T12:00:00.000000Z"
-- $2 = "2026-01-05T12:00:00.000000Z"

with made as (
insert into bars_1m_live (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor)
select t.symbol_id, date_bin(60000000::int8 * interval '1 microsecond', t.ts, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1] as open, max(t.price) as high, min(t.price) as low,
  (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1] as close,
  sum(least(1e300, t.size)) as volume, count(*) as trades,
  min(t.ts) as first_ts, max(t.ts) as last_ts, max(t.cursor) as cursor
from symbols s cross join lateral (select * from trades_live where symbol_id = s.id and ts >= $1::timestamptz and ts < $2::timestamptz offset 0) t group by 1, 2
order by symbol_id, bucket on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts, cursor = excluded.cursor returning 1) select count(*)::int4 as made from made
-- $1 = "2026-01-04T12:00:00.000000Z"
-- $2 = "2026-01-05T12:00:00.000000Z"

-- then

-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with unmade as materialized (
  select s.id from series s cross join lateral (select from metrics_1m_live m
    where m.series_id = s.id and m.bucket >= $1::timestamptz and m.bucket < $2::timestamptz
      and not exists (select from metrics_1h_live r where r.series_id = s.id and r.bucket = $1::timestamptz)
    limit 1 offset 0) u limit $3),
made as (
insert into metrics_1h_live (series_id, bucket, count, sum, min, max, first, last, p95, p99, first_ts, last_ts, cursor)
select series_id, bucket, count, sum, min, max, first, last, percentiles[1], percentiles[2], first_ts, last_ts, cursor
from (
  select p.series_id, date_bin(3600000000::int8 * interval '1 microsecond', p.ts, timestamptz '1970-01-01 00:00:00+00') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(array[0.95, 0.99]) within group (order by p.value) as percentiles,
    min(p.ts) as first_ts, max(p.ts) as last_ts, max(p.cursor) as cursor
  from unmade s cross join lateral (select * from points where series_id = s.id and ts >= $4::timestamptz and ts < $5::timestamptz offset 0) p group by 1, 2) r order by series_id, bucket on conflict (series_id, bucket) do update
set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first,
  last = excluded.last, p95 = excluded.p95, p99 = excluded.p99, first_ts = excluded.first_ts,
  last_ts = excluded.last_ts, cursor = excluded.cursor)
select count(*)::int4 as taken from unmade
-- $1 = "2026-01-05T12:00:00.000000Z"
-- $2 = "2026-01-05T13:00:00.000000Z"
-- $3 = 64
-- $4 = "2026-01-05T12:00:00.000000Z"
-- $5 = "2026-01-05T13:00:00.000000Z"

-- then

-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with unmade as materialized (
  select s.id from symbols s cross join lateral (select from bars_1m_live m
    where m.symbol_id = s.id and m.bucket >= $1::timestamptz and m.bucket < $2::timestamptz
      and not exists (select from bars_1h_live r where r.symbol_id = s.id and r.bucket = $1::timestamptz)
    limit 1 offset 0) u limit $3),
made as (
insert into bars_1h_live (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor)
select t.symbol_id, date_bin(3600000000::int8 * interval '1 microsecond', t.ts, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1] as open, max(t.price) as high, min(t.price) as low,
  (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1] as close,
  sum(least(1e300, t.size)) as volume, count(*) as trades,
  min(t.ts) as first_ts, max(t.ts) as last_ts, max(t.cursor) as cursor
from unmade s cross join lateral (select * from trades_live where symbol_id = s.id and ts >= $4::timestamptz and ts < $5::timestamptz offset 0) t group by 1, 2 order by symbol_id, bucket on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts, cursor = excluded.cursor)
select count(*)::int4 as taken from unmade
-- $1 = "2026-01-05T12:00:00.000000Z"
-- $2 = "2026-01-05T13:00:00.000000Z"
-- $3 = 64
-- $4 = "2026-01-05T12:00:00.000000Z"
-- $5 = "2026-01-05T13:00:00.000000Z"

-- then

-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with unmade as materialized (
  select s.id from symbols s cross join lateral (select from bars_1h_live m
    where m.symbol_id = s.id and m.bucket >= $1::timestamptz and m.bucket < $2::timestamptz
      and not exists (select from bars_1d_live r where r.symbol_id = s.id and r.bucket = $1::timestamptz)
    limit 1 offset 0) u limit $3),
made as (
insert into bars_1d_live (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor)
select b.symbol_id, date_bin(86400000000::int8 * interval '1 microsecond', b.bucket, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(b.open order by b.first_ts))[1] as open, max(b.high) as high, min(b.low) as low,
  (array_agg(b.close order by b.last_ts desc))[1] as close, sum(b.volume) as volume, sum(b.trades)::int8 as trades,
  min(b.first_ts) as first_ts, max(b.last_ts) as last_ts, max(b.cursor) as cursor
from unmade s cross join lateral (select * from bars_1h_live where symbol_id = s.id and bucket >= $4::timestamptz and bucket < $5::timestamptz offset 0) b group by 1, 2 on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts, cursor = excluded.cursor)
select count(*)::int4 as taken from unmade
-- $1 = "2026-01-05T12:00:00.000000Z"
-- $2 = "2026-01-06T12:00:00.000000Z"
-- $3 = 64
-- $4 = "2026-01-05T12:00:00.000000Z"
-- $5 = "2026-01-06T12:00:00.000000Z"

-- then

-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

insert into stale_posted (hour, symbol_id)
select distinct date_bin(3600000000::int8 * interval '1 microsecond', p.bucket, timestamptz '1970-01-01 00:00:00+00'), p.symbol_id
from symbols y
cross join lateral (select * from bars_1m_live where symbol_id = y.id and bucket >= $1::timestamptz and bucket < $2::timestamptz offset 0) b
join posted_bars p on p.symbol_id = b.symbol_id and (
  p.length_s = 60 and p.bucket = b.bucket
  or p.length_s = 3600 and p.bucket = date_bin(3600000000::int8 * interval '1 microsecond', b.bucket, timestamptz '1970-01-01 00:00:00+00')
  or p.length_s = 86400 and p.bucket = date_bin(86400000000::int8 * interval '1 microsecond', b.bucket, timestamptz '1970-01-01 00:00:00+00'))
-- $1 = "2026-01-04T12:00:00.000000Z"
-- $2 = "2026-01-05T12:00:00.000000Z"

update tape_state set rolled_through = greatest(rolled_through, (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond'))
-- $1 = 1767614400000000
