select (extract(epoch from ts) * 1000000)::int8 as ts_us, cursor, quantity, avg_price, account from position_states
where symbol_id = (select id from symbols where symbol = $1) and ts < (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond')
  and (cursor <= $3 or cursor > $4) and ts >= (timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond')
  and ($6::text is null or ts > (timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond') or account > $6)
order by position_states.ts, account limit $7
-- $1 = "BTC-USD"
-- $2 = 1767614400000000
-- $3 = 1767614400000007
-- $4 = 1767614400000009
-- $5 = 1767528000000000
-- $6 = null
-- $7 = 100
