select y.symbol, (select 1 from series t where t.symbol_id = y.id limit 1) is not null as points, (select 1 from position_states t where t.symbol_id = y.id limit 1) is not null as positions,
  (select 1 from order_lives t where t.symbol_id = y.id limit 1) is not null or (select 1 from symbol_notes t where t.symbol_id = y.id limit 1) is not null as orders, (select 1 from books t where t.symbol_id = y.id limit 1) is not null as books,
  (select 1 from alert_changes t where t.symbol_id = y.id limit 1) is not null as alerts
from symbols y where y.symbol = any ($1::text[])
-- $1 = "{\"BTC-USD\"}"

-- then

select (extract(epoch from x.ts) * 1000000)::int8 as ts_us, s.metric, s.labels_key, x.value
from (select * from series where symbol_id = (select id from symbols where symbol = $1) order by id desc limit 5000) s cross join lateral (
  select * from (
  (select p.ts, p.value, p.cursor, p.ordinal from points p where p.series_id = s.id and p.ts >= (select packed_through from tape_state) and p.ts < now() + interval '1 hour' order by p.ts desc limit 1)
    union all
  (select p.ts, p.value, p.cursor, p.ordinal from points_late p where p.series_id = s.id  order by p.ts desc limit 1)
    union all
  (select p.ts, p.value, p.cursor, p.ordinal from points_past p where p.series_id = s.id  order by p.ts desc limit 1)
    union all
    (select k.ts[k.count], k.value[k.count], k.cursor[k.count], k.ordinal[k.count] from packed_points k
     where k.series_id = s.id and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state) order by k.hour desc limit 1)) p
  order by p.ts desc, p.cursor desc, p.ordinal desc limit 1) x
order by x.cursor desc, x.ordinal desc limit $2
-- $1 = "BTC-USD"
-- $2 = 10

-- then

with recursive symbol as (select id from symbols where symbol = $1),
holder as (
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol)) as account
  union all
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol) and p.account > h.account)
  from holder h where h.account is not null)
select (extract(epoch from x.ts) * 1000000)::int8 as ts_us, x.quantity, x.avg_price, x.account
from (select account from holder limit 10000) h cross join lateral (
  select p.* from position_states p where p.symbol_id = (select id from symbol) and p.account = h.account
  order by p.ts desc limit 1) x
where h.account is not null
order by x.cursor desc, x.ordinal desc limit $2
-- $1 = "BTC-USD"
-- $2 = 11

-- then

with symbol as (select id from symbols where symbol = $1)
select (extract(epoch from s.ts) * 1000000)::int8 as ts_us, json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text as state from (
  select symbol_id, account, venue, order_id, ts, status from order_lives
  where symbol_id = (select id from symbol) and status < 3 order by ts desc limit 10000) l
join order_states s using (symbol_id, account, venue, order_id, ts, status)
order by s.cursor desc, s.ordinal desc limit $2
-- $1 = "BTC-USD"
-- $2 = 14

-- then

with symbol as (select id from symbols where symbol = $1)
select (extract(epoch from (
    select ts from order_lives where symbol_id = (select id from symbol) and status >= 3 order by ts desc limit 1)) * 1000000)::int8 as over_us,
  (extract(epoch from (select max(ts) from symbol_notes where symbol_id = (select id from symbol))) * 1000000)::int8 as note_us
-- $1 = "BTC-USD"

-- then

select (extract(epoch from ts) * 1000000)::int8 as ts_us, cursor, json_build_array(seq::text, bid_prices, bid_sizes, ask_prices, ask_sizes)::text as book,
  (select (extract(epoch from max(ts)) * 1000000)::int8 from books where symbol_id = (select id from symbols where symbol = $1) and cursor <= $2) as latest_us from books
where symbol_id = (select id from symbols where symbol = $1) and cursor <= $2 order by books.cursor desc, ordinal desc limit 1
-- $1 = "BTC-USD"
-- $2 = 1767614400000007

-- then

select (extract(epoch from ts) * 1000000)::int8 as ts_us, price, size, side, venue, trade_id from (
  (select ts, price, size, side, venue, trade_id, cursor, ordinal from trades_live where symbol_id = (select id from symbols where symbol = $1) and cursor <= $2 order by trades_live.ts desc, cursor desc, ordinal desc limit $3)
  union all
  (select ts, price, size, side, venue, trade_id, cursor, ordinal from trades_past where symbol_id = (select id from symbols where symbol = $1) and cursor <= $2 order by trades_past.ts desc, cursor desc, ordinal desc limit $3)) t
order by t.ts desc, cursor desc, ordinal desc limit $3
-- $1 = "BTC-USD"
-- $2 = 1767614400000007
-- $3 = 1

-- then

select (extract(epoch from a.ts) * 1000000)::int8 as ts_us, json_build_array(a.rule, a.series, a.was, a.state, a.value, a.severity, a.message)::text as alert from (
  select distinct on (n.rule, n.series) n.* from (
    select * from alert_changes where symbol_id = (select id from symbols where symbol = $1)
    order by alert_changes.cursor desc limit 20000) n
  order by n.rule, n.series, n.cursor desc, n.ordinal desc) a
where a.state > 0
-- $1 = "BTC-USD"

-- then

select (extract(epoch from date_bin(60000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00')) * 1000000)::int8 as bucket_us, (array_agg(price order by ts, cursor, ordinal))[1] as open,
  max(price) as high, min(price) as low, (array_agg(price order by ts desc, cursor desc, ordinal desc))[1] as close,
  sum(size) as volume, count(*)::int4 as trades, (extract(epoch from min(ts)) * 1000000)::int8 as opened_us, (extract(epoch from max(ts)) * 1000000)::int8 as closed_us
from (
  select ts, price, size, cursor, ordinal from trades_live where symbol_id = (select id from symbols where symbol = $1) and ts >= $2::timestamptz and cursor <= $3
  union all
  select ts, price, size, cursor, ordinal from trades_past where symbol_id = (select id from symbols where symbol = $1) and ts >= $2::timestamptz and cursor <= $3) t
group by 1 order by 1
-- $1 = "BTC-USD"
-- $2 = "2026-01-05T11:48:00.000000Z"
-- $3 = 1767614400000007

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
bounds as materialized (
  select raw_from, $9::timestamptz as kept_from,
    least($10::timestamptz, greatest($9::timestamptz, date_bin(86400000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00'))) as days_end,
    least($10::timestamptz, greatest($9::timestamptz, date_bin(3600000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00'))) as hours_end,
    least($10::timestamptz, greatest($9::timestamptz, date_bin(60000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00'))) as minutes_end
  from tape_state),
invalidated as materialized (
  select a.place, n.hour from asked a join stale_trades n on n.symbol_id = a.id
  where n.hour >= date_bin(3600000000::int8 * interval '1 microsecond', $9::timestamptz, timestamptz '1970-01-01 00:00:00+00') and n.hour < (select minutes_end from bounds)
  union
  select place, date_bin(3600000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') from tail where ts < (select minutes_end from bounds)),
whole as materialized (
  select s.place, x.* from asked s cross join lateral (
    select bucket, first_ts, last_ts, open, high, low, close, volume, trades, cursor > s.stored_through as is_late from bars_1h_live
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz and case when bucket >= (select kept_from from bounds) and bucket < (select hours_end from bounds) then true else false end offset 0) x),
whole_past as materialized (select s.*, x.* from asked s cross join lateral (
    select bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, 2 as origin from bars_1h_past
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz and bucket >= (select kept_from from bounds) and bucket < (select hours_end from bounds) offset 0) x),
minute as materialized (select s.*, x.* from asked s cross join lateral (
    select bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, 1 as origin from bars_1m_live
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz and bucket >= (select hours_end from bounds) and bucket < (select minutes_end from bounds) union all
    select bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, 2 as origin from bars_1m_past
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz and bucket >= (select hours_end from bounds) and bucket < (select minutes_end from bounds) offset 0) x),
stale as materialized (select place, hour from invalidated union select place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from whole where is_late union select place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from whole_past where cursor > stored_through union select place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from minute where cursor > stored_through),
fitting as (select place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from whole_past where (not exists (select from stale) or (place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00')) not in (select place, hour from stale)) union all select place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from minute where (not exists (select from stale) or (place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00')) not in (select place, hour from stale)) union all
  select place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from (select s.*, x.* from (select a.*, n.hour from stale n join asked a using (place) where n.hour < (select raw_from from bounds)) s cross join lateral (
    select bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, 0 as origin from bars_1h_live
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz
      and bucket >= greatest(s.hour, (select kept_from from bounds)) and bucket < s.hour + interval '1 hour' offset 0) x) f),
whole_part as not materialized (select place, bucket, first_ts, last_ts, open, high, low, close, volume, trades, 0 as origin from whole where (not exists (select from stale) or (place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00')) not in (select place, hour from stale))),
span as materialized (
  select * from (
    select a.*, $9::timestamptz as from_ts, kept_from as to_ts from asked a, bounds
    union all
    select a.*, greatest(kept_from, minutes_end), $10::timestamptz from asked a, bounds
    union all
    select a.*, greatest(s.hour, kept_from), least(s.hour + interval '1 hour', minutes_end)
    from stale s join asked a using (place), bounds) s
  where from_ts < to_ts),
fresh_trade as (select s.*, x.* from span s cross join lateral (
    select ts, price, size, cursor, ordinal from trades_live
    where symbol_id = s.id and cursor <= s.stored_through
      and ts >= $9::timestamptz and ts < $10::timestamptz and ts >= s.from_ts and ts < s.to_ts union all
    select ts, price, size, cursor, ordinal from trades_past
    where symbol_id = s.id and cursor <= s.stored_through
      and ts >= $9::timestamptz and ts < $10::timestamptz and ts >= s.from_ts and ts < s.to_ts offset 0) x),
piece as (
  select place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from fitting
  union all
  select place, date_bin(60000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00'), min(ts), max(ts), max(price), min(price), sum(size), count(*), 2,
    (array_agg(price order by ts, cursor, ordinal))[1], (array_agg(price order by ts desc, cursor desc, ordinal desc))[1]
  from fresh_trade group by 1, 2),
anew as materialized (
  select x.hour, s.id as symbol_id from asked s cross join lateral (
    select unnest(array(
      select hour from stale_posted where symbol_id = s.id and hour >= $9::timestamptz and hour < $10::timestamptz
      union
      select hour from stale where place = s.place
      union
      select date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from posted_bars
      where symbol_id = s.id and length_s in (60, 3600)
        and bucket >= (select date_bin($11::int8 * interval '1 microsecond', minutes_end, timestamptz '1970-01-01 00:00:00+00') from bounds) and bucket < $10::timestamptz)) as hour) x),
imported_in as materialized (
  select hour, symbol_id from anew k where exists (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 minute' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 60 and p.symbol_id = k.symbol_id and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour') or exists (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 hour' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 3600 and p.symbol_id = k.symbol_id and p.bucket = k.hour)),
imported_piece as materialized (select r.* from imported_in k cross join lateral (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 minute' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 60 and p.symbol_id = k.symbol_id and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour' limit 60) r),
imported_whole as materialized (select r.* from imported_in k cross join lateral (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 hour' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 3600 and p.symbol_id = k.symbol_id and p.bucket = k.hour limit 1) r),
traded_minute as materialized (
  select r.* from imported_in k cross join lateral (select symbol_id, bucket from bars_1m_live where symbol_id = k.symbol_id and bucket >= k.hour and bucket < k.hour + interval '1 hour' and cursor <= (select a.stored_through from asked a where a.id = symbol_id) limit 60) r union all select r.* from imported_in k cross join lateral (select symbol_id, bucket from bars_1m_past where symbol_id = k.symbol_id and bucket >= k.hour and bucket < k.hour + interval '1 hour' and cursor <= (select a.stored_through from asked a where a.id = symbol_id) limit 60) r
  union all
  select r.* from (select * from imported_in where hour < (select minutes_from from tape_state)) k cross join lateral (select symbol_id, date_bin(60000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') as bucket from trades_past where symbol_id = k.symbol_id and ts >= k.hour and ts < k.hour + interval '1 hour' and cursor <= (select a.stored_through from asked a where a.id = symbol_id) offset 0) r
  union all
  select r.* from (select * from imported_in where hour < (select minutes_from from tape_state)) k cross join lateral (select symbol_id, generate_series(date_bin(60000000::int8 * interval '1 microsecond', first_ts, timestamptz '1970-01-01 00:00:00+00'), last_ts, interval '1 minute') as bucket
    from bars_1h_live where symbol_id = k.symbol_id and bucket = k.hour limit 60) r
  union all
  select symbol_id, bucket from (
    select a.id as symbol_id, date_bin(60000000::int8 * interval '1 microsecond', first_ts, timestamptz '1970-01-01 00:00:00+00') as bucket
    from (select place, first_ts from whole_part union all select place, first_ts from piece) p join asked a using (place)
    union all
    select a.id, date_bin(60000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') from tail join asked a using (place)) t
  where exists (select symbol_id, hour from imported_in) and (symbol_id, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00')) in (select symbol_id, hour from imported_in)),
traded_hour as materialized (
  select r.* from imported_in k cross join lateral (select symbol_id, bucket from bars_1h_live
      where symbol_id = k.symbol_id and bucket = k.hour and cursor <= (select a.stored_through from asked a where a.id = symbol_id) limit 1) r union all select r.* from imported_in k cross join lateral (select symbol_id, bucket from bars_1h_past
      where symbol_id = k.symbol_id and bucket = k.hour and cursor <= (select a.stored_through from asked a where a.id = symbol_id) limit 1) r
  union all
  select symbol_id, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from traded_minute),
imported_minute as materialized (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from traded_minute) s union all select 1 as rank, s.* from (select * from imported_piece) s) named
  order by symbol_id, bucket, rank) first
where open is not null),
imported_hour as materialized (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (
select symbol_id, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket,
  (array_agg(open order by first_ts))[1] as open, max(high) as high, min(low) as low,
  (array_agg(close order by last_ts desc))[1] as close, sum(volume) as volume, case when count(trades) = count(*) then sum(trades)::int8 end as trades,
  min(first_ts) as first_ts, max(last_ts) as last_ts
from imported_minute group by 1, 2) s union all select 1 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from traded_hour) s union all select 2 as rank, s.* from (select * from imported_whole) s) named
  order by symbol_id, bucket, rank) first
where open is not null),
other_part as (
  select place, date_bin($11::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from piece
  union all
  select a.place, date_bin($11::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00'), first_ts, last_ts, high, low, volume, trades, 1, open, close
  from (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (select * from imported_hour) s union all select 1 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from (select symbol_id, hour as bucket from anew) hours) s union all select 2 as rank, s.* from (select x.* from asked s cross join lateral (select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_posted where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz offset 0) x) s) named
  order by symbol_id, bucket, rank) first
where open is not null) imported join asked a on a.id = imported.symbol_id),
other as materialized (
  select place, bucket, first_ts, last_ts, origin, open, high, low, close, volume, trades from other_part union all select place, bucket, first_ts, last_ts, origin, open, high, low, close, volume, trades from tail_part),
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
select place, string_agg((date_part('epoch', bucket - $9::timestamptz) / 3600)::int8::text, ',') as nth,
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
-- $9 = "2026-01-04T13:00:00.000000Z"
-- $10 = "2026-01-05T13:00:00.000000Z"
-- $11 = 3600000000

-- then

with offset_bar as (
  select a.place, p.* from unnest($1::text[]) with ordinality as a (symbol, place)
  join symbols y on y.symbol = a.symbol
  cross join lateral (
    select bucket, open, high, low, close, volume, trades from posted_bars
    where symbol_id = y.id and length_s = $2 and bucket >= $3::timestamptz and bucket < $4::timestamptz
      and bucket <> date_bin(length_s * interval '1 second', bucket, timestamptz '1970-01-01 00:00:00+00')
    order by bucket desc limit $5) p
  order by a.place, p.bucket)
select place, string_agg((extract(epoch from bucket) * 1000000)::int8::text, ',') as ts, string_agg(open::text, ',') as open, string_agg(high::text, ',') as high, string_agg(low::text, ',') as low, string_agg(close::text, ',') as close, string_agg(volume::text, ',') as volume, string_agg(coalesce(trades::text, 'null'), ',') as trades
from offset_bar group by place
-- $1 = "{\"BTC-USD\"}"
-- $2 = 3600
-- $3 = "2026-01-04T13:00:00.000000Z"
-- $4 = "2026-01-05T13:00:00.000000Z"
-- $5 = 72
