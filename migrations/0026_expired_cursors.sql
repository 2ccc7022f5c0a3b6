-- The newest cursor of what retention has dropped of each symbol, of whatever kind. Data goes by its own time and a replay by cursors, so
-- nothing else tells which replay may lack something (SPEC S-10). Whoever drops notes it here first, or in the same statement.
create table expired_cursors (
  symbol_id integer primary key,
  cursor bigint not null
);

-- What was dropped before this migration: of points and trades their rollups know it.
insert into expired_cursors (symbol_id, cursor)
select t.symbol_id, max(t.cursor) from (
  select b.symbol_id, b.cursor from bars_1h_live b where b.bucket < (select raw_from from tape_state)
  union all
  select r.symbol_id, m.cursor from metrics_1h_live m join series r on r.id = m.series_id
  where m.bucket < (select raw_from from tape_state)) t
group by t.symbol_id;

-- Of books, orders and log lines nobody does. Where there is less of their time than at the beginning, some of any symbol may have gone.
insert into expired_cursors as e (symbol_id, cursor)
select y.id, (extract(epoch from begins.at) * 1000000)::int8
from symbols y, (
  select max(now_from) as at from (
    select raw_from, date_bin('7 days', m.applied_at - interval '90 days', 'epoch')
    from tape_state, schema_migrations m where m.name = '0003_memory.sql'
    union all
    select (select min(day_from) from log_days()), date_bin('24 hours', m.applied_at, 'epoch') - interval '168 hours'
    from schema_migrations m where m.name = '0023_logs.sql') t (now_from, first_from)
  where now_from > first_from) begins
where begins.at is not null
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor);
