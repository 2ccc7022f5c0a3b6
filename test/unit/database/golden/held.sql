with recursive symbol as (select id from symbols where symbol = $1),
holder as (
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol)) as account
  union all
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol) and p.account > h.account)
  from holder h where h.account is not null)
select (extract(epoch from x.ts) * 1000000)::int8 as ts_us, x.cursor, x.quantity, x.avg_price, h.account
from holder h cross join lateral (
  (select p.ts, p.cursor, p.quantity, p.avg_price from position_states p
   where p.symbol_id = (select id from symbol) and p.account = h.account and p.ts <= (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond') order by p.ts desc limit 1)
  union all
  select p.ts, p.cursor, p.quantity, p.avg_price from position_states p
  where p.symbol_id = (select id from symbol) and p.account = h.account and p.ts > (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond') and p.ts <= (timestamptz '1970-01-01 00:00:00+00' + $3::int8 * interval '1 microsecond')) x
where h.account is not null and ($4::text is null or h.account = $4)
limit $5
-- $1 = "BTC-USD"
-- $2 = 1767614399999991
-- $3 = 1767614400000009
-- $4 = "main"
-- $5 = 100
