-- one transaction

set local lock_timeout = '80ms'

select add_log_days((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1767873600000000

-- then

select child from log_days() where day_to <= (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')
-- $1 = 1767009600000000

-- then

with part as (
  select symbol_id, ts, cursor, ordinal from log_lines_20251227
  where (symbol_id, ts, cursor, ordinal) >
    ($1::int4, (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond'), $3::int8, $4::int2)
  order by symbol_id, ts, cursor, ordinal limit 10000),
noted as (
insert into expired_cursors as e (symbol_id, cursor)
select symbol_id, max(cursor) from part group by symbol_id
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor))
select symbol_id, (extract(epoch from ts) * 1000000)::int8 as ts_us, cursor, ordinal from part
order by part.symbol_id desc, part.ts desc, part.cursor desc, part.ordinal desc limit 1
-- $1 = 0
-- $2 = 0
-- $3 = 0
-- $4 = 0

-- then

-- one transaction

set local lock_timeout = '80ms'

select drop_log_days((timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond')) as is_done
-- $1 = 1767009600000000

-- then

with gone as (
  delete from log_lines_other where ctid = any (array(
    select ctid from log_lines_other where ts < (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond') order by ts limit 1000))
  returning symbol_id, cursor),
noted as (
insert into expired_cursors as e (symbol_id, cursor)
select symbol_id, max(cursor) from gone group by symbol_id
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor))
select count(*)::int4 as lines from gone
-- $1 = 1767009600000000
