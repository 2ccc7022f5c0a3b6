select * from (
  select s.symbol, s.metric, s.labels_key, (extract(epoch from p.ts) * 1000000)::int8 as ts_us, p.value from (
  (select s.id, y.symbol, s.metric, s.labels_key from series s join symbols y on y.id = s.symbol_id
   where s.labels_key like '%"correlation_id":%'
     and s.labels_key::jsonb ->> 'correlation_id' = $1 and y.symbol = any ($2::text[]) limit 200) union
  (select s.id, y.symbol, s.metric, s.labels_key from series s join symbols y on y.id = s.symbol_id
   where s.labels_key like '%"trace_id":%'
     and s.labels_key::jsonb ->> 'trace_id' = $3 and y.symbol = any ($2::text[]) limit 200)) s cross join lateral (select ts, value, cursor from (
    (select ts, value, cursor from points p
    where p.series_id = s.id and p.ts >= (select packed_through from tape_state) and p.ts < $4::timestamptz and true
    order by p.ts desc limit 11) union all
    (select ts, value, cursor from points_past p where p.series_id = s.id and p.ts < $4::timestamptz and true
    order by p.ts desc limit 11) union all
    (select ts, value, cursor from (
      select k.hour, unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, generate_subscripts(k.ts, 1)
      from packed_points k
      where k.series_id = s.id and k.hour < $4::timestamptz
        and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state) and not exists (
          select from points_late l
          where l.series_id = s.id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')
      order by k.hour desc) p
    where case when p.ts < $4::timestamptz and true then true else false end
    order by p.hour desc, p.ts desc limit 11) union all
    (select ts, value, cursor from (
      select distinct on (p.ts) p.ts, p.value, p.cursor, p.ordinal from (
        select l.ts, l.value, l.cursor, l.ordinal from points_late l where l.series_id = s.id and l.ts < $4::timestamptz + interval '1 hour'
        union all
        select unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal
        from (select distinct date_bin(3600000000::int8 * interval '1 microsecond', l.ts, timestamptz '1970-01-01 00:00:00+00') as hour from points_late l where l.series_id = s.id and l.ts < $4::timestamptz + interval '1 hour'
      ) h
        join packed_points k on k.series_id = s.id and k.hour = h.hour) p
      where p.ts < $4::timestamptz and true
      order by p.ts, p.cursor desc, p.ordinal desc) p
    order by p.ts desc limit 11)) p order by p.ts desc limit 11 offset 0) p) p order by ts_us desc limit 11
-- $1 = "c1"
-- $2 = "{\"BTC-USD\"}"
-- $3 = "c1"
-- $4 = "2026-01-05T12:00:00.000000Z"
