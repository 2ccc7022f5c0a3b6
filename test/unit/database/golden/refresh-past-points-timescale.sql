update stale_points set is_claimed = true
where hour >= (select raw_from from tape_state) and hour in (
  select distinct hour from (
    select hour from stale_points where hour >= (select raw_from from tape_state) order by hour desc limit $1) s)
returning (extract(epoch from hour) * 1000000)::int8 as hour_us, (select (extract(epoch from rolled_through) * 1000000)::int8 from tape_state) as rolled_through_us
-- $1 = 16

-- then

-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with
state as materialized (
  select watermark, rolled_through, raw_from, minutes_from, packed_through from tape_state),
picked as materialized (
  select distinct hour, series_id from (
    select hour, series_id from stale_points
    where (select watermark <= rolled_through from state) and hour < (select raw_from from state) order by hour desc, series_id limit $1) s),
taken as (delete from stale_points s using picked k where s.hour = k.hour and s.series_id = k.series_id),
past_point as materialized (
  select p.* from picked k cross join lateral (select ts, value, cursor, series_id, ordinal from points_past
    where series_id = k.series_id and ts >= k.hour and ts < k.hour + interval '1 hour' offset 0) p where k.hour < (select raw_from from state)),
past_minute as (
  insert into metrics_1m_past (series_id, bucket, count, sum, min, max, first, last, p95, p99, first_ts, last_ts, cursor)
  select * from (
select series_id, bucket, count, sum, min, max, first, last, percentiles[1], percentiles[2], first_ts, last_ts, cursor
from (
  select p.series_id, date_bin(60000000::int8 * interval '1 microsecond', p.ts, timestamptz '1970-01-01 00:00:00+00') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(array[0.95, 0.99]) within group (order by p.value) as percentiles,
    min(p.ts) as first_ts, max(p.ts) as last_ts, max(p.cursor) as cursor
  from past_point p group by 1, 2) r) r where bucket >= (select minutes_from from state) on conflict (series_id, bucket) do update
set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first,
  last = excluded.last, p95 = excluded.p95, p99 = excluded.p99, first_ts = excluded.first_ts,
  last_ts = excluded.last_ts, cursor = excluded.cursor),
past_hour as (
  insert into metrics_1h_past (series_id, bucket, count, sum, min, max, first, last, p95, p99, first_ts, last_ts, cursor)
  select * from (
select series_id, bucket, count, sum, min, max, first, last, percentiles[1], percentiles[2], first_ts, last_ts, cursor
from (
  select p.series_id, date_bin(3600000000::int8 * interval '1 microsecond', p.ts, timestamptz '1970-01-01 00:00:00+00') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(array[0.95, 0.99]) within group (order by p.value) as percentiles,
    min(p.ts) as first_ts, max(p.ts) as last_ts, max(p.cursor) as cursor
  from past_point p group by 1, 2) r) r where true on conflict (series_id, bucket) do update
set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first,
  last = excluded.last, p95 = excluded.p95, p99 = excluded.p99, first_ts = excluded.first_ts,
  last_ts = excluded.last_ts, cursor = excluded.cursor)
select count(*)::int4 as taken from picked
-- $1 = 16
