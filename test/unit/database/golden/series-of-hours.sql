-- one transaction

with
wanted as (
  select s.id, s.labels_key from series s join symbols y on y.id = s.symbol_id
  where y.symbol = $1 and s.metric = $2 and s.labels @> $3::jsonb),
told as materialized (
  select coalesce(w.id, -k.place) as id, (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond') as ts, u.value
  from unnest($4::int4[], $5::int8[], $6::float8[]) as u (place, ts_us, value)
  join unnest($7::text[]) with ordinality as k (labels_key, place) on k.place = u.place
  left join wanted w on w.labels_key = k.labels_key),
closed as materialized (
  select c.* from (
    select array_agg(id::int4) as ids, array_agg(ts) as moments from told
    where id > 0 and ts < (select raw_from from tape_state) having count(*) > 0) o
  cross join lateral closed_points(o.ids, o.moments, (select minutes_from from tape_state)) c),
tail as materialized (
  select * from told t
  where not exists (select from closed c where c.key = t.id and c.ts = t.ts) or exists (select from points_past p where p.series_id = t.id and p.ts = t.ts)),
bounds as materialized (
  select raw_from, minutes_from, head, greatest(head, least(date_bin(3600000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00'), tail_end)) as hours_end, greatest(head, case when least(date_bin(3600000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00'), tail_end) < minutes_from then least(date_bin(3600000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00'), tail_end)
      else least(rolled_through, greatest(least(date_bin(3600000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00'), tail_end), date_bin(60000000::int8 * interval '1 microsecond', $8::timestamptz, timestamptz '1970-01-01 00:00:00+00'))) end) as minutes_end
  from (
    select rolled_through, raw_from, minutes_from, date_bin(3600000000::int8 * interval '1 microsecond', $8::timestamptz, timestamptz '1970-01-01 00:00:00+00') as tail_end,
      date_bin(3600000000::int8 * interval '1 microsecond', $9::timestamptz + interval '3599999999 microseconds', timestamptz '1970-01-01 00:00:00+00') as head
    from tape_state) s),
candidate as materialized (
  select w.id, r.* from wanted w cross join lateral (
    select date_bin($10::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as hour, cursor, sum, count, min, max, first, first_ts, last, last_ts
    from metrics_1h_live where series_id = w.id and bucket >= $11::timestamptz and bucket < $12::timestamptz and case when bucket >= (select head from bounds) and bucket < (select hours_end from bounds) then true else false end union all
    select date_bin($10::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as hour, cursor, sum, count, min, max, first, first_ts, last, last_ts
    from metrics_1h_past where series_id = w.id and bucket >= $11::timestamptz and bucket < $12::timestamptz and case when bucket >= (select head from bounds) and bucket < (select hours_end from bounds) then true else false end union all
    select date_bin($10::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as hour, cursor, sum, count, min, max, first, first_ts, last, last_ts
    from metrics_1m_live where series_id = w.id and bucket >= $11::timestamptz and bucket < $12::timestamptz and bucket >= (select hours_end from bounds) and bucket < (select minutes_end from bounds) union all
    select date_bin($10::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as hour, cursor, sum, count, min, max, first, first_ts, last, last_ts
    from metrics_1m_past where series_id = w.id and bucket >= $11::timestamptz and bucket < $12::timestamptz and bucket >= (select hours_end from bounds) and bucket < (select minutes_end from bounds) offset 0) r),
stale as materialized (
  select s.series_id as id, s.hour from stale_points s
  where s.series_id in (select id from wanted)
    and s.hour >= date_bin(3600000000::int8 * interval '1 microsecond', (select head from bounds), timestamptz '1970-01-01 00:00:00+00') and s.hour < (select minutes_end from bounds)
  union
  select id, date_bin(3600000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') from tail where id > 0 and ts < (select minutes_end from bounds)
  union
  select id, hour from candidate where cursor > $13),
fitting as (
  select id, bucket, sum, count, min, max, first, first_ts, last, last_ts from candidate
  where (id, hour) not in (select id, hour from stale)
  union all
  -- Of an hour whose raw data is gone the rollup is all there is, and right; what came since is in points_past.
  select s.id, r.* from stale s cross join lateral (
    select date_bin($10::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, sum, count, min, max, first, first_ts, last, last_ts from metrics_1h_live
    where series_id = s.id and bucket >= $11::timestamptz and bucket < $12::timestamptz and bucket >= greatest(s.hour, (select head from bounds))
      and bucket < least(s.hour + interval '1 hour', (select hours_end from bounds)) union all
    select date_bin($10::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, sum, count, min, max, first, first_ts, last, last_ts from metrics_1m_live
    where series_id = s.id and bucket >= $11::timestamptz and bucket < $12::timestamptz and bucket >= greatest(s.hour, (select hours_end from bounds))
      and bucket < least(s.hour + interval '1 hour', (select minutes_end from bounds)) offset 0) r
  where s.hour < (select raw_from from bounds)),
edge as materialized (
  select w.id, r.* from wanted w cross join lateral (
    select date_bin($10::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, sum, count, min, max, first, first_ts, last, last_ts,
      first_ts < $9::timestamptz or last_ts >= $8::timestamptz as is_whole
    from metrics_1m_live
    where series_id = w.id and bucket >= $11::timestamptz and bucket < $12::timestamptz and first_ts < $8::timestamptz and last_ts >= $9::timestamptz
      and bucket < (select raw_from from bounds) and bucket >= (select minutes_from from bounds)
      and (bucket < (select head from bounds) or bucket >= (select minutes_end from bounds)) union all
    select date_bin($10::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, sum, count, min, max, first, first_ts, last, last_ts,
      first_ts < $9::timestamptz or last_ts >= $8::timestamptz as is_whole
    from metrics_1h_live
    where series_id = w.id and bucket >= $11::timestamptz and bucket < $12::timestamptz and first_ts < $8::timestamptz and last_ts >= $9::timestamptz
      and bucket < (select raw_from from bounds) and bucket < (select minutes_from from bounds)
      and (bucket < (select head from bounds) or bucket >= (select minutes_end from bounds)) offset 0) r),
span as materialized (
  select * from (
    select id, $9::timestamptz as from_ts, least(head, $8::timestamptz) as to_ts from wanted, bounds
    union all
    select id, minutes_end, $8::timestamptz from wanted, bounds
    union all
    select id, greatest(hour, head), least(hour + interval '1 hour', minutes_end) from stale, bounds) s
  where from_ts < to_ts),
point as (
  select s.id, p.ts, p.value from span s cross join lateral (
    (select ts, value, cursor from points p
    where p.series_id = s.id and p.ts >= (select packed_through from tape_state) and p.ts >= s.from_ts and p.ts < s.to_ts and p.cursor <= $13 and p.ts >= $11::timestamptz and p.ts < $12::timestamptz
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
    ) union all
    (select ts, value, cursor from points_past p where p.series_id = s.id and p.ts >= s.from_ts and p.ts < s.to_ts and p.cursor <= $13 and p.ts >= $11::timestamptz and p.ts < $12::timestamptz
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
    ) union all
    (select ts, value, cursor from (
      select k.hour, unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, generate_subscripts(k.ts, 1)
      from packed_points k
      where k.series_id = s.id and k.hour < s.to_ts and k.hour > s.from_ts - interval '1 hour'
        and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state) and not exists (
          select from points_late l
          where l.series_id = s.id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')
      ) p
    where case when p.ts >= s.from_ts and p.ts < s.to_ts and p.cursor <= $13 and p.ts >= $11::timestamptz and p.ts < $12::timestamptz
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail)) then true else false end
    ) union all
    (select ts, value, cursor from (
      select distinct on (p.ts) p.ts, p.value, p.cursor, p.ordinal from (
        select l.ts, l.value, l.cursor, l.ordinal from points_late l where l.series_id = s.id and l.ts < s.to_ts + interval '1 hour'
      and l.ts > s.from_ts - interval '1 hour'
        union all
        select unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal
        from (select distinct date_bin(3600000000::int8 * interval '1 microsecond', l.ts, timestamptz '1970-01-01 00:00:00+00') as hour from points_late l where l.series_id = s.id and l.ts < s.to_ts + interval '1 hour'
      and l.ts > s.from_ts - interval '1 hour') h
        join packed_points k on k.series_id = s.id and k.hour = h.hour) p
      where p.ts >= s.from_ts and p.ts < s.to_ts and p.cursor <= $13 and p.ts >= $11::timestamptz and p.ts < $12::timestamptz
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
      order by p.ts, p.cursor desc, p.ordinal desc) p
    ) offset 0) p
  union all
  select id, ts, value from tail),
part as (
  select id, bucket, sum, count, min, max, first, first_ts, last, last_ts, false as is_whole from fitting
  union all
  select id, bucket, sum, count, min, max, first, first_ts, last, last_ts, is_whole from edge
  union all
  select id, date_bin($10::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00'), sum(greatest(-1e300, least(1e300, value))), count(*), min(value), max(value), (array_agg(value order by ts))[1], min(ts), (array_agg(value order by ts desc))[1], max(ts), false
  from point group by 1, 2),
filled as (
  select id, bucket, sum(sum) / sum(count) as avg, min(min) as min, max(max) as max, sum(sum) as sum, sum(count)::int8 as count, (array_agg(first order by first_ts))[1] as first, (array_agg(last order by last_ts desc))[1] as last, bool_or(is_whole) as is_whole from part group by 1, 2)
select id, string_agg((extract(epoch from bucket) * 1000000)::int8::text, ',') as ts, string_agg(coalesce(avg::text, 'null'), ',') as avg, string_agg(coalesce(min::text, 'null'), ',') as min, string_agg(coalesce(max::text, 'null'), ',') as max, string_agg(coalesce(sum::text, 'null'), ',') as sum, string_agg(coalesce(count::text, 'null'), ',') as count, string_agg(coalesce(first::text, 'null'), ',') as first, string_agg(coalesce(last::text, 'null'), ',') as last, string_agg(case when is_whole then (extract(epoch from bucket) * 1000000)::int8::text end, ',') as whole_buckets
from (select * from filled order by id, bucket) f group by id
-- $1 = "BTC-USD"
-- $2 = "m"
-- $3 = "{\"a\":\"b\"}"
-- $4 = "{1}"
-- $5 = "{1767614399999997}"
-- $6 = "{2}"
-- $7 = "{\"{\\\"a\\\":\\\"b\\\"}\"}"
-- $8 = "2026-01-05T12:00:00.000000Z"
-- $9 = "2025-12-06T12:00:00.000000Z"
-- $10 = 7200000000
-- $11 = "2025-12-06T12:00:00.000000Z"
-- $12 = "2026-01-05T12:00:00.000000Z"
-- $13 = 1767614400000007

with
wanted as (
  select s.id, s.labels_key from series s join symbols y on y.id = s.symbol_id
  where y.symbol = $1 and s.metric = $2 and s.labels @> $3::jsonb) select id, labels_key from wanted
-- $1 = "BTC-USD"
-- $2 = "m"
-- $3 = "{\"a\":\"b\"}"
