select y.symbol, (extract(epoch from s.ts) * 1000000)::int8 as ts_us, json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text as state
from order_states s join symbols y on y.id = s.symbol_id
where s.correlation_id = $1 and s.ts < (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond') and y.symbol = any ($3::text[])
order by s.ts desc limit 11
-- $1 = "c1"
-- $2 = 1767614400000000
-- $3 = "{\"BTC-USD\"}"
