select (extract(epoch from ts) * 1000000)::int8 as ts_us, cursor, ordinal, json_build_array(a.rule, a.series, a.was, a.state, a.value, a.severity, a.message)::text as alert from alert_changes a
where
symbol_id = (select id from symbols where symbol = $1) and ts < (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond') and cursor <= $3
  and (ts, cursor, ordinal) > ((timestamptz '1970-01-01 00:00:00+00' + $4::int8 * interval '1 microsecond'), $5::int8, $6::int2)
order by a.ts, cursor, ordinal limit $7
-- $1 = "BTC-USD"
-- $2 = 1767614400000000
-- $3 = 1767614400000007
-- $4 = 1767528000000000
-- $5 = -1
-- $6 = -1
-- $7 = 100
