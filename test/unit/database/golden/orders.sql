with symbol as (select id from symbols where symbol = $1),
tail as materialized (
  select (timestamptz '1970-01-01 00:00:00+00' + u.first_us::int8 * interval '1 microsecond') as first_ts, (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond') as ts, u.status, u.order_id, u.venue, u.account,
    u.place
  from unnest($2::int8[], $3::int8[], $4::int2[], $5::text[], $6::text[], $7::text[]) with ordinality as u (first_us, ts_us, status, order_id, venue, account, place)),
joined as (
  select least(t.first_ts, l.first_ts) as first_ts, t.order_id, t.venue, t.account,
    case when t.is_newest then t.ts else l.ts end as ts, case when t.is_newest then t.status else l.status end as status,
    case when t.is_newest then t.place end as place
  from (
    select t.*, not exists (
      select from order_lives l
      where (l.symbol_id, l.order_id, l.venue, l.account) = ((select id from symbol), t.order_id, t.venue, t.account)
        and (l.ts, l.status) > (t.ts, t.status)) as is_newest
    from tail t) t
  left join order_lives l
    on (l.symbol_id, l.order_id, l.venue, l.account) = ((select id from symbol), t.order_id, t.venue, t.account)),
began as (
  select first_ts, order_id, venue, account, ts, status, null::int8 as place from order_lives
  where symbol_id = (select id from symbol)
    and first_ts >= (timestamptz '1970-01-01 00:00:00+00' + $8::int8 * interval '1 microsecond') and first_ts < (timestamptz '1970-01-01 00:00:00+00' + $9::int8 * interval '1 microsecond')
  and status < 3
  and order_id = $10 and account = $11 and first_ts <= (timestamptz '1970-01-01 00:00:00+00' + $12::int8 * interval '1 microsecond') and (first_ts < (timestamptz '1970-01-01 00:00:00+00' + $12::int8 * interval '1 microsecond')
    or (order_id, venue, account) > ($13::text, $14::text, $15::text)) and not exists (
      select from tail t
      where (t.order_id, t.venue, t.account) = (order_lives.order_id, order_lives.venue, order_lives.account))
  order by first_ts desc, order_id, venue, account limit $16),
page as (
  select * from (
    select * from began
    union all select first_ts, order_id, venue, account, ts, status, place from joined where first_ts >= (timestamptz '1970-01-01 00:00:00+00' + $17::int8 * interval '1 microsecond') and first_ts < (timestamptz '1970-01-01 00:00:00+00' + $18::int8 * interval '1 microsecond')
  and status < 3
  and order_id = $19 and account = $20 and first_ts <= (timestamptz '1970-01-01 00:00:00+00' + $12::int8 * interval '1 microsecond') and (first_ts < (timestamptz '1970-01-01 00:00:00+00' + $12::int8 * interval '1 microsecond')
    or (order_id, venue, account) > ($21::text, $22::text, $23::text))) o
  order by first_ts desc, order_id, venue, account limit $24),
looked as (
  select count(*) filter (where true and account = $25) as orders, count(*) as rows from (
    select first_ts, order_id, venue, account, ts, status from order_lives where symbol_id = (select id from symbol)
    and first_ts >= (timestamptz '1970-01-01 00:00:00+00' + $8::int8 * interval '1 microsecond') and first_ts < (timestamptz '1970-01-01 00:00:00+00' + $9::int8 * interval '1 microsecond')
  and status < 3
  and order_id = $26
    limit $27) s),
counted as (
  select case when p.is_whole then p.orders else l.orders
      - (
      select count(*) from tail t cross join lateral (
        select from order_lives
        where (symbol_id, order_id, venue, account) = ((select id from symbol), t.order_id, t.venue, t.account)
          and first_ts >= (timestamptz '1970-01-01 00:00:00+00' + $17::int8 * interval '1 microsecond') and first_ts < (timestamptz '1970-01-01 00:00:00+00' + $18::int8 * interval '1 microsecond')
  and status < 3
  and order_id = $28 and account = $29 offset 0) x)
      + (select count(*) from joined where first_ts >= (timestamptz '1970-01-01 00:00:00+00' + $17::int8 * interval '1 microsecond') and first_ts < (timestamptz '1970-01-01 00:00:00+00' + $18::int8 * interval '1 microsecond')
  and status < 3
  and order_id = $30 and account = $31) end as orders,
    p.is_whole or l.rows < $32 as is_exact
  from (select count(*) as orders, false as is_whole from page) p
  left join looked l on not p.is_whole)
select c.orders as total, c.is_exact, (extract(epoch from p.first_ts) * 1000000)::int8 as first_us, p.order_id, p.venue, p.account, p.place, (extract(epoch from p.ts) * 1000000)::int8 as ts_us,
  (select json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text from order_states s
   where p.place is null and (s.symbol_id, s.order_id, s.venue, s.account, s.ts, s.status)
     = ((select id from symbol), p.order_id, p.venue, p.account, p.ts, p.status)) as state
from counted c left join page p on true
order by p.first_ts desc, p.order_id, p.venue, p.account
-- $1 = "BTC-USD"
-- $2 = "{1767614400000005}"
-- $3 = "{1767614400000006}"
-- $4 = "{0}"
-- $5 = "{\"7\"}"
-- $6 = "{\"\"}"
-- $7 = "{\"main\"}"
-- $8 = 1767528000000000
-- $9 = 1767614400000000
-- $10 = "7"
-- $11 = "main"
-- $12 = 1767614399999991
-- $13 = "6"
-- $14 = ""
-- $15 = "main"
-- $16 = 100
-- $17 = 1767528000000000
-- $18 = 1767614400000000
-- $19 = "7"
-- $20 = "main"
-- $21 = "6"
-- $22 = ""
-- $23 = "main"
-- $24 = 100
-- $25 = "main"
-- $26 = "7"
-- $27 = 50000
-- $28 = "7"
-- $29 = "main"
-- $30 = "7"
-- $31 = "main"
-- $32 = 50000
