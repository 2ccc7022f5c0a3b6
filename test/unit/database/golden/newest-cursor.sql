select y.symbol, max(c.cursor) as cursor from symbols y join (
  select s.symbol_id, t.cursor from (select * from points where cursor > $1 offset 0) t join series s on s.id = t.series_id where s.symbol_id in (select id from symbols where symbol = any ($2::text[]))
  union all
  select s.symbol_id, t.cursor from (select * from points_past where cursor > $1 offset 0) t join series s on s.id = t.series_id where s.symbol_id in (select id from symbols where symbol = any ($2::text[]))
  union all
  select s.symbol_id, t.cursor from (select * from points_late where cursor > $1 offset 0) t join series s on s.id = t.series_id where s.symbol_id in (select id from symbols where symbol = any ($2::text[]))
  union all select s.symbol_id, k.last_cursor from packed_points k join series s on s.id = k.series_id
    where int8range(k.first_cursor, k.last_cursor, '[]') && int8range($1, null, '()') and s.symbol_id in (select id from symbols where symbol = any ($2::text[]))
  union all select t.symbol_id, t.cursor from (select * from all_trades where cursor > $1 offset 0) t where t.symbol_id in (select id from symbols where symbol = any ($2::text[]))
  union all select t.symbol_id, t.cursor from position_states t where t.symbol_id in (select id from symbols where symbol = any ($2::text[])) and t.cursor > $1
  union all select t.symbol_id, t.cursor from books t where t.symbol_id in (select id from symbols where symbol = any ($2::text[])) and t.cursor > $1
  union all select t.symbol_id, t.cursor from order_states t where t.symbol_id in (select id from symbols where symbol = any ($2::text[])) and t.cursor > $1
  union all select t.symbol_id, t.cursor from symbol_notes t where t.symbol_id in (select id from symbols where symbol = any ($2::text[])) and t.cursor > $1
  union all select t.symbol_id, t.cursor from alert_changes t where t.symbol_id in (select id from symbols where symbol = any ($2::text[])) and t.cursor > $1
  union all select t.symbol_id, t.cursor from (select * from log_lines where cursor > $1 offset 0) t where t.symbol_id in (select id from symbols where symbol = any ($2::text[]))) c on c.symbol_id = y.id
group by y.symbol
-- $1 = 1767614400000000
-- $2 = "{\"BTC-USD\"}"
