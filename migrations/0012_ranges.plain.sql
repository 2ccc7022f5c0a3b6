-- Ranges of time end where a day of UTC does, whatever the clock of a session says. Before, a week that a session's clock was put on in
-- was an hour short, and so was every range after it; a range of a day took the name of the one before it, and none was made any more.

create or replace function ranges_of(table_name text) returns table (child text, range_to timestamptz) language sql
set timezone = 'UTC' set datestyle = 'ISO, MDY' as $$
  -- Postgres writes a bound as FOR VALUES FROM ('...') TO ('...').
  select c.relname::text, substring(pg_get_expr(c.relpartbound, c.oid) from 'TO [(]''([^'']+)''[)]')::timestamptz
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = table_name::regclass
$$;

create or replace function add_range(table_name text, range_from timestamptz, range_to timestamptz) returns void language plpgsql
set timezone = 'UTC' set datestyle = 'ISO, MDY' as $$
declare
  is_day boolean := range_from = date_bin('24 hours', range_from, 'epoch');
  child text := format('%s_%s', table_name, to_char(range_from, case when is_day then 'YYYYMMDD' else 'YYYYMMDDHH24' end));
begin
  -- Made alone and then attached: that holds up nobody, where `create table ... partition of` would.
  execute format('create table %I (like %I including all)', child, table_name);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', table_name, child, range_from, range_to);
end $$;

-- Makes the ranges that are missing up to a moment; true where there were any. Where nobody was there to make any for more than four
-- weeks, all that time of points but the last four weeks is one range.
create or replace function add_ranges(through timestamptz) returns boolean language plpgsql as $$
declare
  parent record;
  range_end timestamptz;
  next_end timestamptz;
  is_added boolean := false;
begin
  for parent in
    select * from (values ('points', interval '24 hours'), ('trades_live', interval '168 hours'),
      ('metrics_1m_live', interval '672 hours'), ('bars_1m_live', interval '672 hours')) t (name, length)
  loop
    select max(range_to) into range_end from ranges_of(parent.name);
    while range_end <= through loop
      -- Not so long after what is there: that may end at any hour, and the next is to end with a day.
      next_end := date_bin(parent.length, range_end, 'epoch') + parent.length;
      if parent.name = 'points' then
        next_end := greatest(next_end, date_bin('24 hours', through - interval '1344 hours', 'epoch'));
      end if;
      perform add_range(parent.name, range_end, next_end);
      range_end := next_end;
      is_added := true;
    end loop;
  end loop;
  return is_added;
end $$;

-- Where the newest range ends that is over by the cutoff, and with a day; null where there is none. Raw data begins with a day, so that
-- no day's bar has its trades on both sides.
create or replace function range_end_before(table_name text, cutoff timestamptz) returns timestamptz language sql as $$
  select max(range_to) from ranges_of(table_name)
  where range_to <= cutoff and range_to = date_bin('24 hours', range_to, 'epoch')
$$;

-- Is there a range that ends by then, at any hour?
create or replace function has_range_before(table_name text, before timestamptz) returns boolean language sql as $$
  select exists (select from ranges_of(table_name) where range_to <= before)
$$;

-- What was made at the wrong hours and is empty yet is made anew. What is not stays as it is until it is old.
do $$
declare
  parent text;
  wrong record;
  is_used boolean;
begin
  foreach parent in array array['points', 'trades_live', 'metrics_1m_live', 'bars_1m_live'] loop
    if not exists (select from ranges_of(parent) where range_to <> date_bin('24 hours', range_to, 'epoch')) then
      continue;
    end if;
    for wrong in select child from ranges_of(parent) where range_to > now() order by range_to desc loop
      execute format('select exists (select from %I)', wrong.child) into is_used;
      exit when is_used;
      execute format('drop table %I', wrong.child);
    end loop;
  end loop;
end $$;
select add_ranges(now() + interval '672 hours');
