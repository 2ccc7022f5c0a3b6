select (extract(epoch from ts) * 1000000)::int8 as ts_us, cursor, price, size, side, venue, trade_id
from (
  (select ts, cursor, ordinal, price, size, side, venue, trade_id from trades_live t
   where symbol_id = (select id from symbols where symbol = $1) and cursor <= $2
   order by t.ts desc, cursor desc, ordinal desc limit $3) union all
  (select ts, cursor, ordinal, price, size, side, venue, trade_id from trades_past t
   where symbol_id = (select id from symbols where symbol = $4) and cursor <= $2
   order by t.ts desc, cursor desc, ordinal desc limit $3)) t
order by t.ts desc, cursor desc, ordinal desc limit $3
-- $1 = "BTC-USD"
-- $2 = 1767614400000007
-- $3 = 1
-- $4 = "BTC-USD"

-- then

select (extract(epoch from x.ts) * 1000000)::int8 as ts_us, x.cursor, x.price, x.size, x.side, x.venue, x.trade_id
from unnest($1::text[], $2::text[]) as u (venue, trade_id) cross join lateral (
  select t.ts, t.cursor, t.ordinal, t.price, t.size, t.side, t.venue, t.trade_id from trades_live t
  where t.symbol_id = (select id from symbols where symbol = $3) and t.ts = (timestamptz '1970-01-01 00:00:00+00' + $4::int8 * interval '1 microsecond') and t.cursor <= $5
    and t.venue = u.venue and t.trade_id = u.trade_id and t.trade_id <> '' union all
  select t.ts, t.cursor, t.ordinal, t.price, t.size, t.side, t.venue, t.trade_id from trades_past t
  where t.symbol_id = (select id from symbols where symbol = $6) and t.ts = (timestamptz '1970-01-01 00:00:00+00' + $4::int8 * interval '1 microsecond') and t.cursor <= $5
    and t.venue = u.venue and t.trade_id = u.trade_id and t.trade_id <> '' offset 0) x
order by x.cursor desc, x.ordinal desc
-- $1 = "{\"X\"}"
-- $2 = "{\"8\"}"
-- $3 = "BTC-USD"
-- $4 = 1767614400000001
-- $5 = 1767614400000007
-- $6 = "BTC-USD"
