select s.id, s.metric, s.labels_key from series s join symbols y on y.id = s.symbol_id
where y.symbol = $1 and ($2::text is null or s.metric = $2)
-- $1 = "BTC-USD"
-- $2 = null

-- then

with page as (
  select s.id, p.ts, p.value, p.cursor from unnest($1::int4[]) as s (id) cross join lateral (select ts, value, cursor from (
    (select ts, value, cursor from points p
    where p.series_id = s.id and p.ts >= (select packed_through from tape_state) and p.ts >= $2::timestamptz and p.ts < $3::timestamptz and (p.ts > $2::timestamptz or s.id > $4) and (p.cursor <= $5 or p.cursor > $6)
    order by p.ts asc limit $7) union all
    (select ts, value, cursor from points_past p where p.series_id = s.id and p.ts >= $2::timestamptz and p.ts < $3::timestamptz and (p.ts > $2::timestamptz or s.id > $8) and (p.cursor <= $9 or p.cursor > $10)
    order by p.ts asc limit $7) union all
    (select ts, value, cursor from (
      select k.hour, unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, generate_subscripts(k.ts, 1)
      from packed_points k
      where k.series_id = s.id and k.hour < $3::timestamptz and k.hour > $2::timestamptz - interval '1 hour'
        and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state) and not exists (
          select from points_late l
          where l.series_id = s.id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')
      order by k.hour asc) p
    where case when p.ts >= $2::timestamptz and p.ts < $3::timestamptz and (p.ts > $2::timestamptz or s.id > $11) and (p.cursor <= $12 or p.cursor > $13) then true else false end
    order by p.hour asc, p.ts asc limit $7) union all
    (select ts, value, cursor from (
      select distinct on (p.ts) p.ts, p.value, p.cursor, p.ordinal from (
        select l.ts, l.value, l.cursor, l.ordinal from points_late l where l.series_id = s.id and l.ts < $3::timestamptz + interval '1 hour'
      and l.ts > $2::timestamptz - interval '1 hour'
        union all
        select unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal
        from (select distinct date_bin(3600000000::int8 * interval '1 microsecond', l.ts, timestamptz '1970-01-01 00:00:00+00') as hour from points_late l where l.series_id = s.id and l.ts < $3::timestamptz + interval '1 hour'
      and l.ts > $2::timestamptz - interval '1 hour') h
        join packed_points k on k.series_id = s.id and k.hour = h.hour) p
      where p.ts >= $2::timestamptz and p.ts < $3::timestamptz and (p.ts > $2::timestamptz or s.id > $14) and (p.cursor <= $15 or p.cursor > $16)
      order by p.ts, p.cursor desc, p.ordinal desc) p
    order by p.ts asc limit $7) union all
    (select ts, value, cursor from points_set_aside p where p.series_id = s.id and p.ts >= $2::timestamptz and p.ts < $3::timestamptz and (p.ts > $2::timestamptz or s.id > $17) and (p.cursor <= $18 or p.cursor > $19)
    order by p.ts asc limit $7)) p order by p.ts asc limit $7 offset 0) p),
cut as (select min(last) as at from (select max(ts) as last from page group by id having count(*) = $7) s)
select id, (extract(epoch from ts) * 1000000)::int8 as ts_us, value, cursor, (select at is not null from cut) as is_cut from page
where ts <= coalesce((select at from cut), 'infinity') order by ts, id limit $20
-- $1 = "{7}"
-- $2 = "2026-01-04T12:00:00.000000Z"
-- $3 = "2026-01-05T12:00:00.000000Z"
-- $4 = 0
-- $5 = 1767614400000007
-- $6 = 1767614400000009
-- $7 = 100
-- $8 = 0
-- $9 = 1767614400000007
-- $10 = 1767614400000009
-- $11 = 0
-- $12 = 1767614400000007
-- $13 = 1767614400000009
-- $14 = 0
-- $15 = 1767614400000007
-- $16 = 1767614400000009
-- $17 = 0
-- $18 = 1767614400000007
-- $19 = 1767614400000009
-- $20 = 100
