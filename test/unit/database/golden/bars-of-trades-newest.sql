with
asked as materialized (
  select a.place::int4 as place, y.id, a.stored_through
  from unnest($1::text[], $2::int8[]) with ordinality as a (symbol, stored_through, place)
  join symbols y on y.symbol = a.symbol),
told as materialized (
  select u.place, a.id, (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond') as ts, u.price, u.size, u.nth
  from unnest($3::int4[], $4::int8[], $5::float8[], $6::float8[], $7::text[], $8::text[]) with ordinality as u (place, ts_us, price, size, venue, trade_id, nth)
  left join asked a on a.place = u.place
  where u.trade_id = '' or not exists (
    select from all_trades t
    where t.symbol_id = a.id and t.cursor <= a.stored_through and t.ts >= $9::timestamptz and t.ts < $10::timestamptz
      and t.trade_id <> '' and t.venue = u.venue and t.trade_id = u.trade_id and t.ts = (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'))),
closed as materialized (
  select c.* from (
    select array_agg(id::int4) as ids, array_agg(ts) as moments from told
    where id > 0 and ts < (select raw_from from tape_state) having count(*) > 0) o
  cross join lateral closed_trades(o.ids, o.moments, (select minutes_from from tape_state)) c),
tail as materialized (
  select * from told t
  where not exists (select from closed c where c.key = t.id and c.ts = t.ts) or false),
tail_part as (
  select place, date_bin($11::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') as bucket, min(ts) as first_ts, max(ts) as last_ts, max(price) as high,
    min(price) as low, sum(size) as volume, count(*) as trades, 3 as origin, (array_agg(price order by ts, nth))[1] as open,
    (array_agg(price order by ts desc, nth desc))[1] as close
  from tail group by 1, 2),
stored as materialized (select s.*, x.* from asked s cross join lateral (
  select date_bin($11::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') as bucket, min(ts) as first_ts, max(ts) as last_ts,
    max(price) as high, min(price) as low, sum(size) as volume, count(*) as trades
  from (
    select ts, price, size, cursor, ordinal from trades_live
    where symbol_id = s.id and cursor <= s.stored_through
      and ts >= $9::timestamptz and ts < $10::timestamptz and true union all
    select ts, price, size, cursor, ordinal from trades_past
    where symbol_id = s.id and cursor <= s.stored_through
      and ts >= $9::timestamptz and ts < $10::timestamptz and true) t
  group by 1  offset 0) x),
whole_part as materialized (
  select place, bucket, first_ts, last_ts,
    (select t.price from all_trades t
     where t.symbol_id = stored.id and t.ts = first_ts and t.cursor <= stored.stored_through
     order by t.cursor asc, t.ordinal asc limit 1) as open, high, low,
    (select t.price from all_trades t
     where t.symbol_id = stored.id and t.ts = last_ts and t.cursor <= stored.stored_through
     order by t.cursor desc, t.ordinal desc limit 1) as close, volume, trades, 0 as origin from stored),
other as materialized (
   select place, bucket, first_ts, last_ts, origin, open, high, low, close, volume, trades from tail_part),
several as (
  select * from other
  union all
  select place, bucket, first_ts, last_ts, origin, open, high, low, close, volume, trades from whole_part where (place, bucket) in (select place, bucket from other)),
bar as (
  select place, bucket, open, high, low, close, volume, trades from whole_part where not ((place, bucket) in (select place, bucket from other)) union all
  select place, bucket, (array_agg(open order by first_ts, origin))[1] as open, max(high) as high, min(low) as low, (array_agg(close order by last_ts desc, origin desc))[1] as close, sum(volume) as volume, case when count(trades) = count(*) then sum(trades)::int8 end as trades
  from several group by 1, 2),
newest as (
  select * from bar
  order by place, bucket)
select place, string_agg((date_part('epoch', bucket - $9::timestamptz) / 5)::int8::text, ',') as nth,
  string_agg(open::text, ',') as open, string_agg(high::text, ',') as high, string_agg(low::text, ',') as low, string_agg(close::text, ',') as close, string_agg(volume::text, ',') as volume, string_agg(coalesce(trades::text, 'null'), ',') as trades
from newest group by place
-- $1 = "{\"BTC-USD\"}"
-- $2 = "{1767614400000007}"
-- $3 = "{}"
-- $4 = "{}"
-- $5 = "{}"
-- $6 = "{}"
-- $7 = "{}"
-- $8 = "{}"
-- $9 = "2026-01-06T11:51:40.000000Z"
-- $10 = "2026-01-06T12:00:00.000000Z"
-- $11 = 5000000

-- then

with symbol as materialized (select id from symbols where symbol = $1)
select (extract(epoch from greatest((select max(ts) from trades_live where symbol_id = (select id from symbol)
      and ts >= $2::timestamptz and ts < $3::timestamptz and cursor <= $4), (select max(ts) from trades_past where symbol_id = (select id from symbol)
      and ts >= $2::timestamptz and ts < $3::timestamptz and cursor <= $4))) * 1000000)::int8 as older_us
-- $1 = "BTC-USD"
-- $2 = "2025-12-26T12:00:00.000000Z"
-- $3 = "2026-01-06T11:51:40.000000Z"
-- $4 = 1767614400000007

-- then

with
asked as materialized (
  select a.place::int4 as place, y.id, a.stored_through
  from unnest($1::text[], $2::int8[]) with ordinality as a (symbol, stored_through, place)
  join symbols y on y.symbol = a.symbol),
told as materialized (
  select u.place, a.id, (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond') as ts, u.price, u.size, u.nth
  from unnest($3::int4[], $4::int8[], $5::float8[], $6::float8[], $7::text[], $8::text[]) with ordinality as u (place, ts_us, price, size, venue, trade_id, nth)
  left join asked a on a.place = u.place
  where u.trade_id = '' or not exists (
    select from all_trades t
    where t.symbol_id = a.id and t.cursor <= a.stored_through and t.ts >= $9::timestamptz and t.ts < $10::timestamptz
      and t.trade_id <> '' and t.venue = u.venue and t.trade_id = u.trade_id and t.ts = (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'))),
closed as materialized (
  select c.* from (
    select array_agg(id::int4) as ids, array_agg(ts) as moments from told
    where id > 0 and ts < (select raw_from from tape_state) having count(*) > 0) o
  cross join lateral closed_trades(o.ids, o.moments, (select minutes_from from tape_state)) c),
tail as materialized (
  select * from told t
  where not exists (select from closed c where c.key = t.id and c.ts = t.ts) or false),
tail_part as (
  select place, date_bin($11::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') as bucket, min(ts) as first_ts, max(ts) as last_ts, max(price) as high,
    min(price) as low, sum(size) as volume, count(*) as trades, 3 as origin, (array_agg(price order by ts, nth))[1] as open,
    (array_agg(price order by ts desc, nth desc))[1] as close
  from tail group by 1, 2),
stored as materialized (select s.*, x.* from asked s cross join lateral (
  select date_bin($11::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') as bucket, min(ts) as first_ts, max(ts) as last_ts,
    max(price) as high, min(price) as low, sum(size) as volume, count(*) as trades
  from (
    select ts, price, size, cursor, ordinal from trades_live
    where symbol_id = s.id and cursor <= s.stored_through
      and ts >= $9::timestamptz and ts < $10::timestamptz and true union all
    select ts, price, size, cursor, ordinal from trades_past
    where symbol_id = s.id and cursor <= s.stored_through
      and ts >= $9::timestamptz and ts < $10::timestamptz and true) t
  group by 1 order by 1 desc limit $12 offset 0) x),
whole_part as materialized (
  select place, bucket, first_ts, last_ts,
    (select t.price from all_trades t
     where t.symbol_id = stored.id and t.ts = first_ts and t.cursor <= stored.stored_through
     order by t.cursor asc, t.ordinal asc limit 1) as open, high, low,
    (select t.price from all_trades t
     where t.symbol_id = stored.id and t.ts = last_ts and t.cursor <= stored.stored_through
     order by t.cursor desc, t.ordinal desc limit 1) as close, volume, trades, 0 as origin from stored),
other as materialized (
   select place, bucket, first_ts, last_ts, origin, open, high, low, close, volume, trades from tail_part),
several as (
  select * from other
  union all
  select place, bucket, first_ts, last_ts, origin, open, high, low, close, volume, trades from whole_part where (place, bucket) in (select place, bucket from other)),
bar as (
  select place, bucket, open, high, low, close, volume, trades from whole_part where not ((place, bucket) in (select place, bucket from other)) union all
  select place, bucket, (array_agg(open order by first_ts, origin))[1] as open, max(high) as high, min(low) as low, (array_agg(close order by last_ts desc, origin desc))[1] as close, sum(volume) as volume, case when count(trades) = count(*) then sum(trades)::int8 end as trades
  from several group by 1, 2),
newest as (
  select * from (select *, row_number() over (partition by place order by bucket desc) as age from bar) b where age <= $12
  order by place, bucket)
select place, string_agg((date_part('epoch', bucket - $9::timestamptz) / 5)::int8::text, ',') as nth,
  string_agg(open::text, ',') as open, string_agg(high::text, ',') as high, string_agg(low::text, ',') as low, string_agg(close::text, ',') as close, string_agg(volume::text, ',') as volume, string_agg(coalesce(trades::text, 'null'), ',') as trades
from newest group by place
-- $1 = "{\"BTC-USD\"}"
-- $2 = "{1767614400000007}"
-- $3 = "{1}"
-- $4 = "{1767614400000003}"
-- $5 = "{10}"
-- $6 = "{0.5}"
-- $7 = "{\"v\"}"
-- $8 = "{\"t1\"}"
-- $9 = "2026-01-05T10:53:25.000000Z"
-- $10 = "2026-01-05T12:00:05.000000Z"
-- $11 = 5000000
-- $12 = 100

-- then

with symbol as materialized (select id from symbols where symbol = $1)
select (extract(epoch from greatest((select max(ts) from trades_live where symbol_id = (select id from symbol)
      and ts >= $2::timestamptz and ts < $3::timestamptz and cursor <= $4), (select max(ts) from trades_past where symbol_id = (select id from symbol)
      and ts >= $2::timestamptz and ts < $3::timestamptz and cursor <= $4))) * 1000000)::int8 as older_us
-- $1 = "BTC-USD"
-- $2 = "2025-12-26T12:00:00.000000Z"
-- $3 = "2026-01-05T10:53:25.000000Z"
-- $4 = 1767614400000007
