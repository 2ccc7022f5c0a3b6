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
pair as (
  select s.id, p.ts, p.value from wanted s cross join lateral (
    (select ts, value, cursor from points p
    where p.series_id = s.id and p.ts >= (select packed_through from tape_state) and p.ts >= $8::timestamptz and p.ts < $9::timestamptz and p.cursor <= $10
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
    ) union all
    (select ts, value, cursor from points_past p where p.series_id = s.id and p.ts >= $8::timestamptz and p.ts < $9::timestamptz and p.cursor <= $10
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
    ) union all
    (select ts, value, cursor from (
      select k.hour, unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, generate_subscripts(k.ts, 1)
      from packed_points k
      where k.series_id = s.id and k.hour < $9::timestamptz and k.hour > $8::timestamptz - interval '1 hour'
        and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state) and not exists (
          select from points_late l
          where l.series_id = s.id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')
      ) p
    where case when p.ts >= $8::timestamptz and p.ts < $9::timestamptz and p.cursor <= $10
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail)) then true else false end
    ) union all
    (select ts, value, cursor from (
      select distinct on (p.ts) p.ts, p.value, p.cursor, p.ordinal from (
        select l.ts, l.value, l.cursor, l.ordinal from points_late l where l.series_id = s.id and l.ts < $9::timestamptz + interval '1 hour'
      and l.ts > $8::timestamptz - interval '1 hour'
        union all
        select unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal
        from (select distinct date_bin(3600000000::int8 * interval '1 microsecond', l.ts, timestamptz '1970-01-01 00:00:00+00') as hour from points_late l where l.series_id = s.id and l.ts < $9::timestamptz + interval '1 hour'
      and l.ts > $8::timestamptz - interval '1 hour') h
        join packed_points k on k.series_id = s.id and k.hour = h.hour) p
      where p.ts >= $8::timestamptz and p.ts < $9::timestamptz and p.cursor <= $10
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
      order by p.ts, p.cursor desc, p.ordinal desc) p
    ) offset 0) p
  union all
  (select distinct on (id) * from (
  select s.id, p.ts, p.value from wanted s cross join lateral (select ts, value, cursor from (
    (select ts, value, cursor from points p
    where p.series_id = s.id and p.ts >= (select packed_through from tape_state) and p.ts < $8::timestamptz and p.cursor <= $10
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
    order by p.ts desc limit 1) union all
    (select ts, value, cursor from points_past p where p.series_id = s.id and p.ts < $8::timestamptz and p.cursor <= $10
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
    order by p.ts desc limit 1) union all
    (select ts, value, cursor from (
      select k.hour, unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, generate_subscripts(k.ts, 1)
      from packed_points k
      where k.series_id = s.id and k.hour < $8::timestamptz
        and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state) and not exists (
          select from points_late l
          where l.series_id = s.id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')
      order by k.hour desc) p
    where case when p.ts < $8::timestamptz and p.cursor <= $10
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail)) then true else false end
    order by p.hour desc, p.ts desc limit 1) union all
    (select ts, value, cursor from (
      select distinct on (p.ts) p.ts, p.value, p.cursor, p.ordinal from (
        select l.ts, l.value, l.cursor, l.ordinal from points_late l where l.series_id = s.id and l.ts < $8::timestamptz + interval '1 hour'
        union all
        select unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal
        from (select distinct date_bin(3600000000::int8 * interval '1 microsecond', l.ts, timestamptz '1970-01-01 00:00:00+00') as hour from points_late l where l.series_id = s.id and l.ts < $8::timestamptz + interval '1 hour'
      ) h
        join packed_points k on k.series_id = s.id and k.hour = h.hour) p
      where p.ts < $8::timestamptz and p.cursor <= $10
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))
      order by p.ts, p.cursor desc, p.ordinal desc) p
    order by p.ts desc limit 1)) p order by p.ts desc limit 1 offset 0) p) before order by id, ts desc)
  union all
  select id, ts, value from tail),
compared as (
  select id, ts, value, lag(value) over series as before, lag(ts) over series as before_ts
  from pair window series as (partition by id order by ts)),
point as (
  select id, ts, value, before_ts, case when value < before then value else value - before end as increase
  from compared where ts >= $8::timestamptz),
filled as (
  select id, date_bin($11::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') as bucket, (case when abs(sum(increase)) < 1e-200 then 0
    else sum(increase) / extract(epoch from max(ts) - min(before_ts))::float8 end) as rate
  from point group by 1, 2)
select id, string_agg((extract(epoch from bucket) * 1000000)::int8::text, ',') as ts, string_agg(coalesce(rate::text, 'null'), ',') as rate
from (select * from filled order by id, bucket) f group by id
-- $1 = "BTC-USD"
-- $2 = "m"
-- $3 = "{\"a\":\"b\"}"
-- $4 = "{1}"
-- $5 = "{1767614399999997}"
-- $6 = "{2}"
-- $7 = "{\"{\\\"a\\\":\\\"b\\\"}\"}"
-- $8 = "2026-01-04T19:20:00.000000Z"
-- $9 = "2026-01-05T12:00:00.000000Z"
-- $10 = 1767614400000007
-- $11 = 60000000

with
wanted as (
  select s.id, s.labels_key from series s join symbols y on y.id = s.symbol_id
  where y.symbol = $1 and s.metric = $2 and s.labels @> $3::jsonb)
select id, labels_key, case when (select raw_from from tape_state) > $4::timestamptz and exists (
    select from points_1h_spans h
    where h.series_id = w.id and h.bucket > $4::timestamptz - interval '1 hour' and h.bucket < least($5::timestamptz, (select raw_from from tape_state))
      and h.last_ts >= $4::timestamptz and h.first_ts < $5::timestamptz)
  then (extract(epoch from (select raw_from from tape_state)) * 1000000)::int8 end as gone_before
from wanted w
-- $1 = "BTC-USD"
-- $2 = "m"
-- $3 = "{\"a\":\"b\"}"
-- $4 = "2026-01-04T19:20:00.000000Z"
-- $5 = "2026-01-05T12:00:00.000000Z"
