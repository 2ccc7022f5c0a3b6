select (extract(epoch from ts) * 1000000)::int8 as ts_us, cursor, json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text as state, account, venue, order_id, status from order_states
where symbol_id = (select id from symbols where symbol = $1) and ts < (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond')
  and (cursor <= $3 or cursor > $4) and ts >= (timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond')
  and (ts > (timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond') or (account, venue, order_id, status) > ($6::text, $7::text, $8::text, $9::int2))
order by order_states.ts, account, venue, order_id, status limit $10
-- $1 = "BTC-USD"
-- $2 = 1767614400000000
-- $3 = 1767614400000007
-- $4 = 1767614400000009
-- $5 = 1767528000000000
-- $6 = ""
-- $7 = ""
-- $8 = ""
-- $9 = -1
-- $10 = 100
