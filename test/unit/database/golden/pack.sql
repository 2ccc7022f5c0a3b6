-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

with state as materialized (
  select packed_through, greatest(packed_through, date_bin(3600000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00') - interval '1 hour') as packable from tape_state),
unpacked as materialized (
  select s.id as series_id, h.bucket as hour from series s cross join lateral (select r.bucket from metrics_1h_live r
    where r.series_id = s.id
      and r.bucket >= (select packed_through from state) and r.bucket < (select packable from state)
      and not exists (
        select from packed_points k where k.series_id = s.id and k.hour = r.bucket and k.count = r.count)
    order by r.bucket limit 1 offset 0) h),
picked as materialized (
  select * from unpacked where hour = (select min(hour) from unpacked) limit $1),
packed as (
  insert into packed_points (series_id, hour, count, first_cursor, last_cursor, ts, value, cursor, ordinal)
  select p.series_id, date_bin(3600000000::int8 * interval '1 microsecond', p.ts, timestamptz '1970-01-01 00:00:00+00'), count(*), min(p.cursor), max(p.cursor),
    array_agg(p.ts order by p.ts), array_agg(p.value order by p.ts), array_agg(p.cursor order by p.ts), array_agg(p.ordinal order by p.ts)
  from picked k cross join lateral (select * from points
    where series_id = k.series_id and ts >= k.hour and ts < k.hour + interval '1 hour' offset 0) p group by 1, 2
  on conflict (series_id, hour) do update
  set count = excluded.count, first_cursor = excluded.first_cursor, last_cursor = excluded.last_cursor,
    ts = excluded.ts, value = excluded.value, cursor = excluded.cursor, ordinal = excluded.ordinal)
select (select count(*) from picked)::int4 as packed,
  (extract(epoch from coalesce((select min(hour) from picked), packable)) * 1000000)::int8 as through_us,
  (extract(epoch from packed_through) * 1000000)::int8 as packed_through_us
from state
-- $1 = 8

-- then

-- one transaction

select pg_advisory_xact_lock(7305814126390514693)

select from tape_state for update

update tape_state set packed_through = least((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond'), coalesce(
  (select min(hour) from stale_points where hour >= packed_through), 'infinity'))
-- $1 = 1767614400000001
