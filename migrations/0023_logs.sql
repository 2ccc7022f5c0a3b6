-- Log lines, as services print them: found by time, correlation id, service, level and words, kept for some days and dropped by whole
-- days. The same in every mode: ranges of a day, and a table for what is in none of them, as lines of long ago are.
create table log_lines (
  ts timestamptz not null,
  cursor bigint not null,
  symbol_id integer not null,
  ordinal smallint not null,
  -- 1 trace, 2 debug, 3 info, 4 warn, 5 error, 6 fatal.
  level smallint not null,
  is_cut boolean not null default false,
  service text not null default '',
  correlation_id text not null default '',
  event text not null,
  -- Null where there are none.
  fields jsonb,
  -- The words that the line is found by, as the writer tells them apart, and what it is of: l=LEVEL, s=SERVICE, y=SYMBOL, h=HOUR.
  -- One index answers any combination of them then, however many lines have each alone.
  words tsvector not null,
  -- A line is its place in the log.
  primary key (symbol_id, ts, cursor, ordinal)
) partition by range (ts);

create index log_lines_ts on log_lines (ts, cursor, ordinal);
create index log_lines_correlation on log_lines (correlation_id, ts) where correlation_id <> '';
create index log_lines_words on log_lines using gin (words);
-- Replay reads by cursor.
create index log_lines_cursor on log_lines using brin (cursor) with (pages_per_range = 32, autosummarize = on);

create table log_lines_other partition of log_lines default;

create function log_days() returns table (child text, day_from timestamptz, day_to timestamptz) language sql as $$
  -- Postgres writes a bound as FOR VALUES FROM ('...') TO ('...').
  select c.relname::text,
    substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \(''([^'']+)''\)')::timestamptz,
    substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'log_lines'::regclass and c.relname <> 'log_lines_other'
$$;

-- Makes the days that are missing up to a moment; true where there were any. Lines of such a day that have come before it was made
-- move into it.
create function add_log_days(through timestamptz) returns boolean language plpgsql as $$
declare
  day timestamptz;
  next_day timestamptz;
  child text;
  is_added boolean := false;
begin
  select coalesce(max(day_to), date_bin('24 hours', now(), 'epoch') - interval '168 hours') into day from log_days();
  -- Nobody makes the days of a year in which nothing ran.
  day := greatest(day, date_bin('24 hours', through, 'epoch') - interval '744 hours');
  while day <= through loop
    next_day := day + interval '24 hours';
    child := format('log_lines_%s', to_char(day at time zone 'UTC', 'YYYYMMDD'));
    -- Made alone and then attached: that holds up nobody, where `create table ... partition of` would.
    execute format('create table %I (like log_lines including all)', child);
    execute format(
      'with moved as (delete from log_lines_other where ts >= %L and ts < %L returning *) insert into %I select * from moved',
      day, next_day, child);
    execute format('alter table log_lines attach partition %I for values from (%L) to (%L)', child, day, next_day);
    day := next_day;
    is_added := true;
  end loop;
  return is_added;
end $$;

-- Drops the days that were over by the cutoff; true where there were any. What is in no day is deleted apart.
create function drop_log_days(cutoff timestamptz) returns boolean language plpgsql as $$
declare
  old record;
  is_dropped boolean := false;
begin
  for old in select child from log_days() where day_to <= cutoff loop
    execute format('drop table %I', old.child);
    is_dropped := true;
  end loop;
  return is_dropped;
end $$;

select add_log_days(now() + interval '72 hours');

-- For people who write SQL.
create view logs (timestamp, symbol, level, service, correlation_id, event, fields) as
select l.ts, y.symbol, (array['trace', 'debug', 'info', 'warn', 'error', 'fatal'])[l.level], nullif(l.service, ''),
  nullif(l.correlation_id, ''), l.event, l.fields
from log_lines l
join symbols y on y.id = l.symbol_id;

-- Points that bear the id of a request, for whoever follows it. Few series do: each is a new one.
create index series_correlation on series ((labels_key::jsonb ->> 'correlation_id'))
where labels_key like '%"correlation_id":%';
create index series_trace on series ((labels_key::jsonb ->> 'trace_id')) where labels_key like '%"trace_id":%';
