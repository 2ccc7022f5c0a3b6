with symbol as (select id from symbols where symbol = $1),
named as (
  select order_id, venue, account from order_lives
  where symbol_id = (select id from symbol) and ts >= (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond') and first_ts < (timestamptz '1970-01-01 00:00:00+00' + $3::int8 * interval '1 microsecond') and ($4::text is null or account = $4)
  union
  select u.order_id, u.venue, u.account from unnest($5::text[], $6::text[], $7::text[]) as u (order_id, venue, account))
select (extract(epoch from s.ts) * 1000000)::int8 as ts_us, s.cursor, s.state
from named n cross join lateral (
  select ts, cursor, json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text as state from order_states
  where (symbol_id, order_id, venue, account) = ((select id from symbol), n.order_id, n.venue, n.account) offset 0) s
limit $8
-- $1 = "BTC-USD"
-- $2 = 1767614399999991
-- $3 = 1767614400000009
-- $4 = "main"
-- $5 = "{\"7\"}"
-- $6 = "{\"\"}"
-- $7 = "{\"main\"}"
-- $8 = 100
