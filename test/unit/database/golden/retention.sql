-- one transaction

set local lock_timeout = '80ms'

select add_ranges((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1770033600000000

-- then

-- one transaction

set local lock_timeout = '80ms'

select drop_packed_rows() as is_done

-- then

-- one transaction

set local lock_timeout = '80ms'

select drop_raw_before((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1765022400000000

-- then

-- one transaction

set local lock_timeout = '80ms'

select drop_minutes_before((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1736078400000000

-- then

delete from books where ctid = any (array(
  select ctid from books where ts < (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond') order by ts limit 500))
returning 1
-- $1 = 1765022400000000

-- then

with over as (
  delete from order_lives where ctid = any (array(
    select ctid from order_lives where status >= 3 and ts < (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond') order by ts limit 200))
  returning symbol_id, account, venue, order_id),
dropped as (
  delete from order_states s using over
  where (s.symbol_id, s.account, s.venue, s.order_id) = (over.symbol_id, over.account, over.venue, over.order_id))
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
