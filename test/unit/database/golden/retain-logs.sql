-- one transaction

set local lock_timeout = '80ms'

select add_log_days((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1767873600000000

-- then

-- one transaction

set local lock_timeout = '80ms'

select drop_log_days((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1767009600000000

-- then

delete from log_lines_other where ctid = any (array(
  select ctid from log_lines_other where ts < (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond') order by ts limit 1000))
returning 1
-- $1 = 1767009600000000
