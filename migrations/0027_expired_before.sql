-- 0026 took the moments at which raw data and the days of log lines begin for ones before which samples of books, orders or lines of any
-- symbol may have gone. Both move on where there is nothing to drop too: a week after a database was made every symbol in it was said to
-- lack something from before there was a database. Nothing of a kind came before its table was made.
--
-- What 0026 said of them are whole days, which no cursor of an event is, and it stood in place of what rollups know.
with moments as (
  select (extract(epoch from t.raw_from) * 1000000)::int8 as raw_from,
    (select (extract(epoch from m.applied_at) * 1000000)::int8 from schema_migrations m where m.name = '0010_books.sql') as books_since,
    (select (extract(epoch from m.applied_at) * 1000000)::int8 from schema_migrations m where m.name = '0023_logs.sql') as lines_since
  from tape_state t),
rolled as (
  select h.symbol_id, max(h.cursor) as cursor from (
    select b.symbol_id, b.cursor from bars_1h_live b where b.bucket < (select raw_from from tape_state)
    union all
    select r.symbol_id, m.cursor from metrics_1h_live m join series r on r.id = m.series_id
    where m.bucket < (select raw_from from tape_state)) h
  group by h.symbol_id)
update expired_cursors e
set cursor = greatest(
  coalesce((select r.cursor from rolled r where r.symbol_id = e.symbol_id), 0),
  case
    when e.cursor > m.lines_since then e.cursor
    when least(e.cursor, m.raw_from) > m.books_since then least(e.cursor, m.raw_from)
    else 0
  end)
from moments m
where e.cursor % 86400000000 = 0;

delete from expired_cursors where cursor = 0;
