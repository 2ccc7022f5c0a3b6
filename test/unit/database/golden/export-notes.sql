select (extract(epoch from ts) * 1000000)::int8 as ts_us, cursor, json_build_array(known_by, level, text)::text as note, known_by from symbol_notes
where symbol_id = (select id from symbols where symbol = $1) and ts < (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond')
  and (cursor <= $3 or cursor > $4)
  and (ts, known_by) > ((timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond'), $6::text)
order by symbol_notes.ts, known_by limit $7
-- $1 = "BTC-USD"
-- $2 = 1767614400000000
-- $3 = 1767614400000007
-- $4 = 1767614400000009
-- $5 = 1767528000000000
-- $6 = ""
-- $7 = 100
