with ended as (
  select symbol_id, rule, series, max(array[cursor, ordinal]) as place from alert_changes
  where state = 0 and exists (select from alert_changes where ts < (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond'))
  group by symbol_id, rule, series),
gone as (
  delete from alert_changes where ctid = any (array(
  select a.ctid from alert_changes a
  join ended e on (e.symbol_id, e.rule, e.series) = (a.symbol_id, a.rule, a.series)
  where a.ts < (timestamptz '1970-01-01 00:00:00+00' + $2::int8 * interval '1 microsecond') and array[a.cursor, a.ordinal] <= e.place
  limit 10000))
  returning symbol_id, cursor),
noted as (
insert into expired_cursors as e (symbol_id, cursor)
select symbol_id, max(cursor) from gone group by symbol_id
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor))
select count(*)::int4 as changes from gone
-- $1 = 1736035200000000
-- $2 = 1736035200000000
