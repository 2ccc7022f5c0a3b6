with recursive asked as (
  select a.place::int4 as place, y.id, a.stored_through, a.tail_cursor
  from unnest($1::text[], $2::int8[], $3::int8[]) with ordinality as a (symbol, stored_through, tail_cursor, place)
  join symbols y on y.symbol = a.symbol),
holder as (
  select asked.*, (select min(p.account) from position_states p where p.symbol_id = asked.id) as account from asked
  union all
  select h.place, h.id, h.stored_through, h.tail_cursor,
    (select min(p.account) from position_states p where p.symbol_id = h.id and p.account > h.account)
  from holder h where h.account is not null),
wanted as (
  select * from holder where account is not null and ($4::text is null or account = $4)),
state as (
  select w.place, w.account, s.ts, s.quantity, s.avg_price, s.cursor, 0 as tail_place
  from wanted w cross join lateral (
    (select p.ts, p.quantity, p.avg_price, p.cursor from position_states p
     where p.symbol_id = w.id and p.account = w.account and p.ts <= (timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond')
       and (p.cursor <= w.stored_through or p.cursor > w.tail_cursor)
     order by p.ts desc limit 1)
    union all
    select p.ts, p.quantity, p.avg_price, p.cursor from position_states p
    where p.symbol_id = w.id and p.account = w.account and p.ts > (timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond') and p.ts <= (timestamptz '1970-01-01 00:00:00+00' + $6::int8 * interval '1 microsecond')
      and (p.cursor <= w.stored_through or p.cursor > w.tail_cursor)) s
  union all
  select u.place, u.account, (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.quantity, u.avg_price, a.tail_cursor, u.tail_place::int4
  from unnest($7::int4[], $8::text[], $9::int8[], $10::float8[], $11::float8[]) with ordinality as u (place, account, ts_us, quantity, avg_price, tail_place)
  join unnest($3::int8[]) with ordinality as a (tail_cursor, place) on a.place = u.place),
single as (
  select distinct on (place, account, ts) * from state order by place, account, ts, cursor desc, tail_place desc),
compared as (
  select *, lead(ts) over moments as next_ts, row_number() over moments as nth,
    lag(quantity) over moments as quantity_before, lag(avg_price) over moments as avg_price_before
  from single window moments as (partition by place, account order by ts)),
step as (
  select place, account, ts, quantity, avg_price from compared
  where case
    when ts <= (timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond') then next_ts is null or next_ts > (timestamptz '1970-01-01 00:00:00+00' + $5::int8 * interval '1 microsecond')
    else nth = 1 or quantity <> quantity_before or avg_price is distinct from avg_price_before end
  limit $12)
select place, account, string_agg((extract(epoch from ts) * 1000000)::int8::text, ',') as ts, string_agg(quantity::text, ',') as quantity,
  string_agg(coalesce(avg_price::text, 'null'), ',') as avg_price
from (select * from step order by place, account, ts) s group by place, account order by place, account
-- $1 = "{\"BTC-USD\"}"
-- $2 = "{1767614400000007}"
-- $3 = "{1767614400000009}"
-- $4 = "main"
-- $5 = 1767614399999991
-- $6 = 1767614400000009
-- $7 = "{1}"
-- $8 = "{\"main\"}"
-- $9 = "{1767614400000004}"
-- $10 = "{2}"
-- $11 = "{NULL}"
-- $12 = 101
