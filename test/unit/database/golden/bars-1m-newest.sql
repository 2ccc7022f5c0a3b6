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
  select raw_from, least($10::timestamptz, greatest($9::timestamptz, minutes_from)) as kept_from,
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
    select bucket, first_ts, last_ts, open, high, low, close, volume, trades, cursor > s.stored_through as is_late from bars_1m_live
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz and case when bucket >= (select kept_from from bounds) and bucket < (select minutes_end from bounds) then true else false end offset 0) x),
whole_past as materialized (select s.*, x.* from asked s cross join lateral (
    select bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, 2 as origin from bars_1m_past
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz and bucket >= (select kept_from from bounds) and bucket < (select minutes_end from bounds) offset 0) x),
stale as materialized (select place, hour from invalidated union select place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from whole where is_late union select place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from whole_past where cursor > stored_through),
fitting as (select place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from whole_past where (not exists (select from stale) or (place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00')) not in (select place, hour from stale)) union all
  select place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from (select s.*, x.* from (select a.*, n.hour from stale n join asked a using (place) where n.hour < (select raw_from from bounds)) s cross join lateral (
    select bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, 0 as origin from bars_1m_live
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
imported_piece as materialized (select x.* from asked s cross join lateral (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 minute' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 60 and p.symbol_id = s.id and p.bucket >= $9::timestamptz and p.bucket < $10::timestamptz offset 0) x),
other_part as (
  select place, date_bin($11::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from piece
  union all
  select a.place, date_bin($11::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00'), first_ts, last_ts, high, low, volume, trades, 1, open, close
  from (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from (
  select symbol_id, bucket from (
    select a.id as symbol_id, date_bin(60000000::int8 * interval '1 microsecond', first_ts, timestamptz '1970-01-01 00:00:00+00') as bucket
    from (select place, first_ts from whole_part union all select place, first_ts from piece) p join asked a using (place)
    union all
    select a.id, date_bin(60000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') from tail join asked a using (place)) t
  where exists (select symbol_id, bucket from imported_piece) and (symbol_id, bucket) in (select symbol_id, bucket from imported_piece)) t) s union all select 1 as rank, s.* from (select * from imported_piece) s) named
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
select place, string_agg((date_part('epoch', bucket - $9::timestamptz) / 60)::int8::text, ',') as nth,
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
-- $9 = "2026-01-06T10:20:00.000000Z"
-- $10 = "2026-01-06T12:00:00.000000Z"
-- $11 = 60000000

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
-- $2 = 60
-- $3 = "2025-09-27T12:00:00.000000Z"
-- $4 = "2026-01-06T12:00:00.000000Z"
-- $5 = 300

-- then

with symbol as materialized (select id from symbols where symbol = $1)
select (extract(epoch from greatest((select max(ts) from trades_live where symbol_id = (select id from symbol)
      and ts >= $2::timestamptz and ts < $3::timestamptz and cursor <= $4), (select max(ts) from trades_past where symbol_id = (select id from symbol)
      and ts >= $2::timestamptz and ts < $3::timestamptz and cursor <= $4), (select max(bucket) from bars_1m_live where symbol_id = (select id from symbol)
      and bucket >= $2::timestamptz and bucket < $3::timestamptz ), (select max(bucket) from posted_bars where symbol_id = (select id from symbol)
      and bucket >= $2::timestamptz and bucket < $3::timestamptz and length_s = 60))) * 1000000)::int8 as older_us
-- $1 = "BTC-USD"
-- $2 = "2025-09-27T12:00:00.000000Z"
-- $3 = "2026-01-06T10:20:00.000000Z"
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
bounds as materialized (
  select raw_from, least($10::timestamptz, greatest($9::timestamptz, minutes_from)) as kept_from,
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
    select bucket, first_ts, last_ts, open, high, low, close, volume, trades, cursor > s.stored_through as is_late from bars_1m_live
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz and case when bucket >= (select kept_from from bounds) and bucket < (select minutes_end from bounds) then true else false end offset 0) x),
whole_past as materialized (select s.*, x.* from asked s cross join lateral (
    select bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, 2 as origin from bars_1m_past
    where symbol_id = s.id and bucket >= $9::timestamptz and bucket < $10::timestamptz and bucket >= (select kept_from from bounds) and bucket < (select minutes_end from bounds) offset 0) x),
stale as materialized (select place, hour from invalidated union select place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from whole where is_late union select place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') from whole_past where cursor > stored_through),
fitting as (select place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from whole_past where (not exists (select from stale) or (place, date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00')) not in (select place, hour from stale)) union all
  select place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from (select s.*, x.* from (select a.*, n.hour from stale n join asked a using (place) where n.hour < (select raw_from from bounds)) s cross join lateral (
    select bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, 0 as origin from bars_1m_live
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
imported_piece as materialized (select x.* from asked s cross join lateral (
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '1 minute' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = 60 and p.symbol_id = s.id and p.bucket >= $9::timestamptz and p.bucket < $10::timestamptz offset 0) x),
other_part as (
  select place, date_bin($11::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00') as bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close from piece
  union all
  select a.place, date_bin($11::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00'), first_ts, last_ts, high, low, volume, trades, 1, open, close
  from (
select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from (
  select distinct on (symbol_id, bucket) * from (
    select 0 as rank, s.* from (
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from (
  select symbol_id, bucket from (
    select a.id as symbol_id, date_bin(60000000::int8 * interval '1 microsecond', first_ts, timestamptz '1970-01-01 00:00:00+00') as bucket
    from (select place, first_ts from whole_part union all select place, first_ts from piece) p join asked a using (place)
    union all
    select a.id, date_bin(60000000::int8 * interval '1 microsecond', ts, timestamptz '1970-01-01 00:00:00+00') from tail join asked a using (place)) t
  where exists (select symbol_id, bucket from imported_piece) and (symbol_id, bucket) in (select symbol_id, bucket from imported_piece)) t) s union all select 1 as rank, s.* from (select * from imported_piece) s) named
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
  select * from (select *, row_number() over (partition by place order by bucket desc) as age from bar) b where age <= $12
  order by place, bucket)
select place, string_agg((date_part('epoch', bucket - $9::timestamptz) / 60)::int8::text, ',') as nth,
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
-- $9 = "2026-01-04T22:41:00.000000Z"
-- $10 = "2026-01-05T12:01:00.000000Z"
-- $11 = 60000000
-- $12 = 100

-- then

with symbol as materialized (select id from symbols where symbol = $1)
select (extract(epoch from greatest((select max(ts) from trades_live where symbol_id = (select id from symbol)
      and ts >= $2::timestamptz and ts < $3::timestamptz and cursor <= $4), (select max(ts) from trades_past where symbol_id = (select id from symbol)
      and ts >= $2::timestamptz and ts < $3::timestamptz and cursor <= $4), (select max(bucket) from bars_1m_live where symbol_id = (select id from symbol)
      and bucket >= $2::timestamptz and bucket < $3::timestamptz ), (select max(bucket) from posted_bars where symbol_id = (select id from symbol)
      and bucket >= $2::timestamptz and bucket < $3::timestamptz and length_s = 60))) * 1000000)::int8 as older_us
-- $1 = "BTC-USD"
-- $2 = "2025-09-27T12:00:00.000000Z"
-- $3 = "2026-01-04T22:41:00.000000Z"
-- $4 = 1767614400000007
