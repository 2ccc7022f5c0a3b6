with symbol as (select id from symbols where symbol = $1),
named as (
  select order_id, venue, account from order_lives
  where symbol_id = (select id from symbol) and order_id = $2 and ($3::text is null or account = $3)
  union
  select u.order_id, u.venue, u.account from unnest($4::text[], $5::text[], $6::text[]) as u (order_id, venue, account))
select (extract(epoch from s.ts) * 1000000)::int8 as ts_us, s.cursor, s.state
from named n cross join lateral (
  select ts, cursor, json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text as state from order_states
  where (symbol_id, order_id, venue, account) = ((select id from symbol), n.order_id, n.venue, n.account) offset 0) s
limit $7
-- $1 = "BTC-USD"
-- $2 = "7"
-- $3 = "main"
-- $4 = "{\"7\"}"
-- $5 = "{\"\"}"
-- $6 = "{\"main\"}"
-- $7 = 100
