-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with
state as materialized (
  select watermark, rolled_through, raw_from, minutes_from, packed_through from tape_state),
picked as materialized (
  select distinct hour, series_id from (
    select hour, series_id from stale_points
    where (select watermark <= rolled_through from state)  order by hour desc, series_id limit $1) s),
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
  last_ts = excluded.last_ts, cursor = excluded.cursor),
live_point as materialized (
  select p.ts, p.value, p.cursor, s.id as series_id, p.ordinal from (select k.series_id as id, k.hour from picked k where k.hour >= (select raw_from from state)) s cross join lateral (
    (select ts, value, cursor, ordinal from points p
    where p.series_id = s.id and p.ts >= (select packed_through from tape_state) and p.ts >= s.hour and p.ts < s.hour + interval '1 hour' and p.ts >= (select raw_from from state)
    ) union all
    (select ts, value, cursor, ordinal from points_past p where p.series_id = s.id and p.ts >= s.hour and p.ts < s.hour + interval '1 hour' and p.ts >= (select raw_from from state)
    ) union all
    (select ts, value, cursor, ordinal from (
      select k.hour, unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal, generate_subscripts(k.ts, 1)
      from packed_points k
      where k.series_id = s.id and k.hour < s.hour + interval '1 hour' and k.hour > s.hour - interval '1 hour'
        and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state) and not exists (
          select from points_late l
          where l.series_id = s.id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')
      ) p
    where case when p.ts >= s.hour and p.ts < s.hour + interval '1 hour' and p.ts >= (select raw_from from state) then true else false end
    ) union all
    (select ts, value, cursor, ordinal from (
      select distinct on (p.ts) p.ts, p.value, p.cursor, p.ordinal from (
        select l.ts, l.value, l.cursor, l.ordinal from points_late l where l.series_id = s.id and l.ts < s.hour + interval '1 hour' + interval '1 hour'
      and l.ts > s.hour - interval '1 hour'
        union all
        select unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal
        from (select distinct date_bin(3600000000::int8 * interval '1 microsecond', l.ts, timestamptz '1970-01-01 00:00:00+00') as hour from points_late l where l.series_id = s.id and l.ts < s.hour + interval '1 hour' + interval '1 hour'
      and l.ts > s.hour - interval '1 hour') h
        join packed_points k on k.series_id = s.id and k.hour = h.hour) p
      where p.ts >= s.hour and p.ts < s.hour + interval '1 hour' and p.ts >= (select raw_from from state)
      order by p.ts, p.cursor desc, p.ordinal desc) p
    ) offset 0) p),
live_minute as (
  insert into metrics_1m_live (series_id, bucket, count, sum, min, max, first, last, p95, p99, first_ts, last_ts, cursor)
  select * from (
select series_id, bucket, count, sum, min, max, first, last, percentiles[1], percentiles[2], first_ts, last_ts, cursor
from (
  select p.series_id, date_bin(60000000::int8 * interval '1 microsecond', p.ts, timestamptz '1970-01-01 00:00:00+00') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(array[0.95, 0.99]) within group (order by p.value) as percentiles,
    min(p.ts) as first_ts, max(p.ts) as last_ts, max(p.cursor) as cursor
  from live_point p group by 1, 2) r) r where bucket < (select rolled_through from state) on conflict (series_id, bucket) do update
set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first,
  last = excluded.last, p95 = excluded.p95, p99 = excluded.p99, first_ts = excluded.first_ts,
  last_ts = excluded.last_ts, cursor = excluded.cursor),
live_hour as (
  insert into metrics_1h_live (series_id, bucket, count, sum, min, max, first, last, p95, p99, first_ts, last_ts, cursor)
  select * from (
select series_id, bucket, count, sum, min, max, first, last, percentiles[1], percentiles[2], first_ts, last_ts, cursor
from (
  select p.series_id, date_bin(3600000000::int8 * interval '1 microsecond', p.ts, timestamptz '1970-01-01 00:00:00+00') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(array[0.95, 0.99]) within group (order by p.value) as percentiles,
    min(p.ts) as first_ts, max(p.ts) as last_ts, max(p.cursor) as cursor
  from live_point p group by 1, 2) r) r where bucket + interval '1 hour' <= (select rolled_through from state) on conflict (series_id, bucket) do update
set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first,
  last = excluded.last, p95 = excluded.p95, p99 = excluded.p99, first_ts = excluded.first_ts,
  last_ts = excluded.last_ts, cursor = excluded.cursor),
packed_point as materialized (
  select * from live_point where ts < (select packed_through from state)),
packed as (
  insert into packed_points (series_id, hour, count, first_cursor, last_cursor, ts, value, cursor, ordinal)
  select p.series_id, date_bin(3600000000::int8 * interval '1 microsecond', p.ts, timestamptz '1970-01-01 00:00:00+00'), count(*), min(p.cursor), max(p.cursor),
    array_agg(p.ts order by p.ts), array_agg(p.value order by p.ts), array_agg(p.cursor order by p.ts), array_agg(p.ordinal order by p.ts)
  from packed_point p group by 1, 2
  on conflict (series_id, hour) do update
  set count = excluded.count, first_cursor = excluded.first_cursor, last_cursor = excluded.last_cursor,
    ts = excluded.ts, value = excluded.value, cursor = excluded.cursor, ordinal = excluded.ordinal),
merged as (
  delete from points_late where ctid = any (array(
    select l.ctid from packed_point p join points_late l on l.series_id = p.series_id and l.ts = p.ts
    where (l.cursor, l.ordinal) <= (p.cursor, p.ordinal) for update of l skip locked))),
unpacked as (
  delete from packed_points p using picked k
  where p.series_id = k.series_id and p.hour = k.hour and k.hour >= (select packed_through from state))
select count(*)::int4 as taken from picked
-- $1 = 16
