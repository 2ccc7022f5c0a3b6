select count(*) as states from (
  select from symbols y cross join lateral (
select from position_states p
where p.symbol_id = y.id and p.ts > (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond') and p.ts <= (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond')
  and p.account = $3 offset 0) x where y.symbol = any ($4::text[]) limit $5) s
-- $1 = 1767614399999991
-- $2 = 1767614400000009
-- $3 = "main"
-- $4 = "{\"BTC-USD\"}"
-- $5 = 100
