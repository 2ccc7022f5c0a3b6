select u.place, (extract(epoch from b.ts) * 1000000)::int8 as ts_us, b.bid_prices[1] as bid, b.ask_prices[1] as ask
from unnest($1::int8[]) with ordinality as u (at_us, place) cross join lateral (
  select ts, bid_prices, ask_prices from books
  where symbol_id = (select id from symbols where symbol = $2) and ts <= (timestamptz '1970-01-01 00:00:00+00' + u.at_us::int8 * interval '1 microsecond') and cursor <= $3
  order by books.ts desc, cursor desc, ordinal desc limit 1) b
-- $1 = "{1767614400000001}"
-- $2 = "BTC-USD"
-- $3 = 1767614400000007
