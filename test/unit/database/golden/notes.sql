select (extract(epoch from ts) * 1000000)::int8 as ts_us, cursor, json_build_array(known_by, level, text)::text as note from symbol_notes
where symbol_id = (select id from symbols where symbol = $1)
  and ts >= (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond') and ts < (timestamptz '1970-01-01 00:00:00+00' + $3::int8 * interval '1 microsecond')
  and (cursor <= $4 or cursor > $5)
  and (ts < (timestamptz '1970-01-01 00:00:00+00' + $6::int8 * interval '1 microsecond') or (ts = (timestamptz '1970-01-01 00:00:00+00' + $7::int8 * interval '1 microsecond') and known_by collate "C" < $8))
order by symbol_notes.ts desc, known_by collate "C" desc limit $9
-- $1 = "BTC-USD"
-- $2 = 1767614399999991
-- $3 = 1767614400000009
-- $4 = 1767614400000007
-- $5 = 1767614400000009
-- $6 = 1767614400000003
-- $7 = 1767614400000003
-- $8 = "i1"
-- $9 = 100
