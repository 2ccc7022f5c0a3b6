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
stored as (
  select first_ts, order_id, venue, account, ts, status, null::int8 as place from order_lives
  where symbol_id = (select id from symbol) and first_ts >= (timestamptz '1970-01-01 00:00:00+00' + $8::int8 * interval '1 microsecond') and first_ts < (timestamptz '1970-01-01 00:00:00+00' + $9::int8 * interval '1 microsecond')
  and status < 3
  and account = $10
  and order_id = $11
  and first_ts <= (timestamptz '1970-01-01 00:00:00+00' + $12::int8 * interval '1 microsecond') and (first_ts < (timestamptz '1970-01-01 00:00:00+00' + $12::int8 * interval '1 microsecond') or ((order_id, venue, account) > ($13::text, $14::text, $15::text)))
    and not exists (
      select from tail t
      where (t.order_id, t.venue, t.account) = (order_lives.order_id, order_lives.venue, order_lives.account))
  order by first_ts desc, order_id, venue, account limit $16),
page as (
  select * from (select * from stored union all select * from joined where first_ts >= (timestamptz '1970-01-01 00:00:00+00' + $8::int8 * interval '1 microsecond') and first_ts < (timestamptz '1970-01-01 00:00:00+00' + $9::int8 * interval '1 microsecond')
  and status < 3
  and account = $17
  and order_id = $18
  and first_ts <= (timestamptz '1970-01-01 00:00:00+00' + $12::int8 * interval '1 microsecond') and (first_ts < (timestamptz '1970-01-01 00:00:00+00' + $12::int8 * interval '1 microsecond') or ((order_id, venue, account) > ($19::text, $20::text, $21::text)))) o
  order by first_ts desc, order_id, venue, account limit $22)
select (extract(epoch from p.first_ts) * 1000000)::int8 as first_us, p.order_id, p.venue, p.account, p.place, (extract(epoch from p.ts) * 1000000)::int8 as ts_us,
  (select json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text from order_states s
   where p.place is null and (s.symbol_id, s.order_id, s.venue, s.account, s.ts, s.status)
     = ((select id from symbol), p.order_id, p.venue, p.account, p.ts, p.status)) as state
from page p
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
-- $10 = "main"
-- $11 = "7"
-- $12 = 1767614399999991
-- $13 = "6"
-- $14 = ""
-- $15 = "main"
-- $16 = 100
-- $17 = "main"
-- $18 = "7"
-- $19 = "6"
-- $20 = ""
-- $21 = "main"
-- $22 = 100
