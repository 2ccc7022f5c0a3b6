select max(cursor) as cursor from (
  select max(cursor) as cursor from (select * from points where cursor > $1 offset 0) t where series_id in (select id from series where symbol_id = (select id from symbols where symbol = $2))
  union all select max(cursor) as cursor from (select * from points_past where cursor > $1 offset 0) t where series_id in (select id from series where symbol_id = (select id from symbols where symbol = $2))
  union all select max(cursor) as cursor from (select * from points_late where cursor > $1 offset 0) t where series_id in (select id from series where symbol_id = (select id from symbols where symbol = $2))
  union all select max(k.last_cursor) from packed_points k
    where int8range(k.first_cursor, k.last_cursor, '[]') && int8range($1, null, '()') and series_id in (select id from series where symbol_id = (select id from symbols where symbol = $2))
  union all select max(cursor) as cursor from (select * from all_trades where cursor > $1 offset 0) t where symbol_id = (select id from symbols where symbol = $2)
  union all select max(cursor) from position_states where symbol_id = (select id from symbols where symbol = $2) and cursor > $1
  union all select max(cursor) from books where symbol_id = (select id from symbols where symbol = $2) and cursor > $1
  union all select max(cursor) as cursor from (select * from log_lines where cursor > $1 offset 0) t where symbol_id = (select id from symbols where symbol = $2)) c
-- $1 = 1767614400000000
-- $2 = "BTC-USD"
