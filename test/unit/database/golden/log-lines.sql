select (extract(epoch from l.ts) * 1000000)::int8 as ts_us, l.cursor, l.ordinal, y.symbol, json_build_object('level', l.level, 'cut', l.is_cut, 'service', l.service,
   'correlation_id', l.correlation_id, 'event', l.event, 'fields', l.fields)::text as line from (
  select * from log_lines l where l.ts >= $1::timestamptz and l.ts < $2::timestamptz and (l.ts, l.cursor, l.ordinal) <= ($3::timestamptz, $4::int8, $5::int2) and ((l.ts, l.cursor, l.ordinal) < ($3::timestamptz, $4::int8, $5::int2)
    or (select symbol from symbols where id = l.symbol_id) collate "C" > $6) and true and true
  order by l.ts desc, l.cursor desc, l.ordinal desc fetch first 101 rows with ties) l
join symbols y on y.id = l.symbol_id
order by l.ts desc, l.cursor desc, l.ordinal desc
-- $1 = "2026-01-02T12:00:00.000000Z"
-- $2 = "2026-01-06T12:00:00.000000Z"
-- $3 = "2026-01-05T12:00:00.000001Z"
-- $4 = 1767614400000002
-- $5 = 3
-- $6 = "BTC-USD"
