-- one transaction

set local lock_timeout = '80ms'

select add_ranges((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1770033600000000

-- then

-- one transaction

set local lock_timeout = '80ms'

select drop_packed_rows() as is_done

-- then

select (extract(epoch from n.new_from) * 1000000)::int8 as new_from_us, (extract(epoch from n.raw_from) * 1000000)::int8 as raw_from_us from (
  select raw_from, range_end_before('trades_live', least((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond'), rolled_through)) as new_from
  from tape_state) n
where n.new_from > n.raw_from
-- $1 = 1765022400000000

-- then

with part as (select id, symbol_id from series where id > $1::int4 order by id limit 256),
gone as (
  select s.symbol_id, h.cursor from part s cross join lateral (
    select max(r.cursor) as cursor from metrics_1h_live r
    where r.series_id = s.id and r.bucket >= $2::timestamptz and r.bucket < $3::timestamptz) h
  where h.cursor is not null),
noted as (
insert into expired_cursors as e (symbol_id, cursor)
select symbol_id, max(cursor) from gone group by symbol_id
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor))
select max(id) as last_id from part
-- $1 = 0
-- $2 = "2026-01-05T11:59:59.999991Z"
-- $3 = "2026-01-05T11:59:59.999997Z"

-- then

with part as (select id, id as symbol_id from symbols where id > $1::int4 order by id limit 256),
gone as (
  select s.symbol_id, h.cursor from part s cross join lateral (
    select max(r.cursor) as cursor from bars_1h_live r
    where r.symbol_id = s.id and r.bucket >= $2::timestamptz and r.bucket < $3::timestamptz) h
  where h.cursor is not null),
noted as (
insert into expired_cursors as e (symbol_id, cursor)
select symbol_id, max(cursor) from gone group by symbol_id
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor))
select max(id) as last_id from part
-- $1 = 0
-- $2 = "2026-01-05T11:59:59.999991Z"
-- $3 = "2026-01-05T11:59:59.999997Z"

-- then

-- one transaction

set local lock_timeout = '80ms'

select drop_raw_before((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1767614399999997

-- then

-- one transaction

set local lock_timeout = '80ms'

select drop_minutes_before((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1736078400000000

-- then

with gone as (
  delete from books where ctid = any (array(
    select ctid from books where ts < (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond') order by ts limit 500))
  returning symbol_id, cursor),
noted as (
insert into expired_cursors as e (symbol_id, cursor)
select symbol_id, max(cursor) from gone group by symbol_id
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor))
select count(*)::int4 as samples from gone
-- $1 = 1765022400000000

-- then

with over as (
  delete from order_lives where ctid = any (array(
    select ctid from order_lives where status >= 3 and ts < (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond') order by ts limit 200))
  returning symbol_id, account, venue, order_id),
dropped as (
  delete from order_states s using over
  where (s.symbol_id, s.account, s.venue, s.order_id) = (over.symbol_id, over.account, over.venue, over.order_id)
  returning s.symbol_id, s.cursor),
noted as (
insert into expired_cursors as e (symbol_id, cursor)
select symbol_id, max(cursor) from dropped group by symbol_id
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor))
select count(*)::int4 as orders from over
-- $1 = 1765022400000000

-- then

delete from packed_points where ctid = any (array(
         select ctid from packed_points where hour < (select raw_from from tape_state) limit 50))
       returning 1

-- then

delete from points_late where ctid = any (array(
         select ctid from points_late where ts < (select raw_from from tape_state) limit 1000))
       returning 1

-- then

delete from id_marks where marked_at < (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')
-- $1 = 1767009600000000

-- then

delete from metrics_1m_past where ctid = any (array(
         select ctid from metrics_1m_past where bucket < (select minutes_from from tape_state) limit 1000))
       returning 1

-- then

delete from bars_1m_past where ctid = any (array(
         select ctid from bars_1m_past where bucket < (select minutes_from from tape_state) limit 1000))
       returning 1
