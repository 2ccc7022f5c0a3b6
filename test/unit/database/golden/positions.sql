with recursive symbol as (select id from symbols where symbol = $1),
holder as (
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol)) as account
  union all
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol) and p.account > h.account)
  from holder h where h.account is not null),
tail as (
  select distinct on (u.account) u.account, (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond') as ts, u.quantity, u.avg_price
  from unnest($2::text[], $3::int8[], $4::float8[], $5::float8[]) with ordinality as u (account, ts_us, quantity, avg_price, place)
  order by u.account, u.ts_us desc, u.place desc),
named as (select account from holder where account is not null union select account from tail),
page as (select account from named where $6::text is null or account > $6 order by account limit $7)
select g.account, (select count(*)::int4 from named) as accounts,
  (extract(epoch from x.ts) * 1000000)::int8 as ts_us, x.quantity, x.avg_price
from page g cross join lateral (
  select * from (
    (select p.ts, p.quantity, p.avg_price, 0 as place from position_states p
     where p.symbol_id = (select id from symbol) and p.account = g.account and (p.cursor <= $8 or p.cursor > $9)
     order by p.ts desc limit 1)
    union all
    select t.ts, t.quantity, t.avg_price, 1 from tail t where t.account = g.account) s
  order by s.ts desc, s.place desc limit 1) x
order by g.account
-- $1 = "BTC-USD"
-- $2 = "{\"main\"}"
-- $3 = "{1767614400000004}"
-- $4 = "{2}"
-- $5 = "{NULL}"
-- $6 = "a"
-- $7 = 100
-- $8 = 1767614400000007
-- $9 = 1767614400000009
