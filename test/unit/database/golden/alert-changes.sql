select (extract(epoch from a.ts) * 1000000)::int8 as ts_us, a.cursor, a.ordinal, y.symbol, json_build_array(a.rule, a.series, a.was, a.state, a.value, a.severity, a.message)::text as alert
from alert_changes a join symbols y on y.id = a.symbol_id
where a.ts >= (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond') and a.ts < (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond')
  and y.symbol = any ($3::text[])
  and a.rule = $4
  and (a.ts, a.cursor, a.ordinal) < ((timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond'), $6::int8, $7::int2)
order by a.ts desc, a.cursor desc, a.ordinal desc limit $8
-- $1 = 1767614399999991
-- $2 = 1767614400000009
-- $3 = "{\"BTC-USD\"}"
-- $4 = "cpu-high"
-- $5 = 1767614400000005
-- $6 = 7
-- $7 = 0
-- $8 = 100
