select (extract(epoch from ts) * 1000000)::int8 as ts_us, json_build_array(seq::text, bid_prices, bid_sizes, ask_prices, ask_sizes)::text as book from books
where symbol_id = (select id from symbols where symbol = $1) and ts <= (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond') and cursor <= $3
order by books.ts desc, cursor desc, ordinal desc limit 1
-- $1 = "BTC-USD"
-- $2 = 1767614400000000
-- $3 = 1767614400000007
