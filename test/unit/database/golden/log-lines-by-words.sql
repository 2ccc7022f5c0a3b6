with scanned as materialized (
  select l.ts, l.cursor, l.ordinal, l.symbol_id, l.symbol_id = any (array(select id from symbols where symbol = any ($1::text[]))) and l.service = $2 and l.level >= 5 and l.words @@ $3::tsquery as is_wanted
  from log_lines l where l.ts >= $4::timestamptz and l.ts < $5::timestamptz
  order by l.ts desc, l.cursor desc, l.ordinal desc fetch first 2000 rows with ties),
found as (
  select l.* from scanned l where is_wanted order by l.ts desc, l.cursor desc, l.ordinal desc fetch first 101 rows with ties),
scan_end as (
  select (extract(epoch from ts) * 1000000)::int8 as end_us, cursor as end_cursor, ordinal as end_ordinal from scanned
  where (select count(*) from scanned) >= 2000 order by ts, cursor, ordinal limit 1)
select e.*, f.* from (select) one left join scan_end e on true left join (
  select (extract(epoch from l.ts) * 1000000)::int8 as ts_us, l.cursor, l.ordinal, y.symbol, json_build_object('level', l.level, 'cut', l.is_cut, 'service', l.service,
   'correlation_id', l.correlation_id, 'event', l.event, 'fields', l.fields)::text as line from found
  join log_lines l using (symbol_id, ts, cursor, ordinal)
  join symbols y on y.id = l.symbol_id
  order by l.ts desc, l.cursor desc, l.ordinal desc) f on true
-- $1 = "{\"BTC-USD\",\"_system\"}"
-- $2 = "it's"
-- $3 = "'order' & 'fil':*"
-- $4 = "2026-01-02T12:00:00.000000Z"
-- $5 = "2026-01-06T12:00:00.000000Z"

-- then

with hits as materialized (
  select l.ts, l.cursor, l.ordinal, l.symbol_id from log_lines l
  where l.words @@ $1::tsquery
    and l.ts >= $2::timestamptz and l.ts < $3::timestamptz
    and l.ts + interval '0 s' >= $4::timestamptz and l.ts + interval '0 s' < $5::timestamptz
    and (l.ts + interval '0 s', l.cursor, l.ordinal) < ($6::timestamptz, $7::int8, $8::int2)
    and l.symbol_id = any (array(select id from symbols where symbol = any ($9::text[]))) and l.service = $10 and l.level >= 5),
newest as (select l.* from hits l order by l.ts desc, l.cursor desc, l.ordinal desc fetch first 101 rows with ties)
select (extract(epoch from l.ts) * 1000000)::int8 as ts_us, l.cursor, l.ordinal, y.symbol, json_build_object('level', l.level, 'cut', l.is_cut, 'service', l.service,
   'correlation_id', l.correlation_id, 'event', l.event, 'fields', l.fields)::text as line from newest
join log_lines l using (symbol_id, ts, cursor, ordinal)
join symbols y on y.id = l.symbol_id
order by l.ts desc, l.cursor desc, l.ordinal desc
-- $1 = "'order' & 'fil':* & 's=it''s' & ('l=5' | 'l=6') & ('y=BTC-USD' | 'y=_system')"
-- $2 = "2026-01-04T00:00:00.000000Z"
-- $3 = "2026-01-06T00:00:00.000000Z"
-- $4 = "2026-01-04T11:00:00.000000Z"
-- $5 = "2026-01-05T10:00:00.000001Z"
-- $6 = "2026-01-05T10:00:00.000000Z"
-- $7 = 5
-- $8 = 0
-- $9 = "{\"BTC-USD\",\"_system\"}"
-- $10 = "it's"

-- then

with hits as materialized (
  select l.ts, l.cursor, l.ordinal, l.symbol_id from log_lines l
  where l.words @@ $1::tsquery
    and l.ts >= $2::timestamptz and l.ts < $3::timestamptz
    and l.ts + interval '0 s' >= $4::timestamptz and l.ts + interval '0 s' < $5::timestamptz
    and (l.ts + interval '0 s', l.cursor, l.ordinal) < ($6::timestamptz, $7::int8, $8::int2)
    and l.symbol_id = any (array(select id from symbols where symbol = any ($9::text[]))) and l.service = $10 and l.level >= 5),
newest as (select l.* from hits l order by l.ts desc, l.cursor desc, l.ordinal desc fetch first 101 rows with ties)
select (extract(epoch from l.ts) * 1000000)::int8 as ts_us, l.cursor, l.ordinal, y.symbol, json_build_object('level', l.level, 'cut', l.is_cut, 'service', l.service,
   'correlation_id', l.correlation_id, 'event', l.event, 'fields', l.fields)::text as line from newest
join log_lines l using (symbol_id, ts, cursor, ordinal)
join symbols y on y.id = l.symbol_id
order by l.ts desc, l.cursor desc, l.ordinal desc
-- $1 = "'order' & 'fil':* & 's=it''s' & ('l=5' | 'l=6') & ('y=BTC-USD' | 'y=_system')"
-- $2 = "2026-01-02T00:00:00.000000Z"
-- $3 = "2026-01-05T00:00:00.000000Z"
-- $4 = "2026-01-02T12:00:00.000000Z"
-- $5 = "2026-01-04T11:00:00.000000Z"
-- $6 = "2026-01-05T10:00:00.000000Z"
-- $7 = 5
-- $8 = 0
-- $9 = "{\"BTC-USD\",\"_system\"}"
-- $10 = "it's"
