-- Postgres without TimescaleDB: raw data and minute rollups in ranges of time, so that dropping what is old is dropping a
-- table. The Keeper adds ranges ahead of time and drops them when they are old.

create function ranges_of(table_name text) returns table (child text, range_to timestamptz) language sql as $$
  -- Postgres writes a bound as FOR VALUES FROM ('...') TO ('...').
  select c.relname::text, substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = table_name::regclass
$$;

create function add_range(table_name text, range_from timestamptz, range_to timestamptz) returns void language plpgsql as $$
declare
  child text := format('%s_%s', table_name, to_char(range_from at time zone 'UTC', 'YYYYMMDD'));
begin
  -- Made alone and then attached: that holds up nobody, where `create table ... partition of` would.
  execute format('create table %I (like %I including all)', child, table_name);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', table_name, child, range_from, range_to);
end $$;

-- Makes the ranges that are missing up to a moment; true where there were any.
create function add_ranges(through timestamptz) returns boolean language plpgsql as $$
declare
  parent record;
  range_end timestamptz;
  is_added boolean := false;
begin
  for parent in
    select * from (values ('points', interval '7 days'), ('trades', interval '7 days'),
      ('metrics_1m_live', interval '28 days'), ('bars_1m_live', interval '28 days')) t (name, length)
  loop
    select max(range_to) into range_end from ranges_of(parent.name);
    while range_end <= through loop
      perform add_range(parent.name, range_end, range_end + parent.length);
      range_end := range_end + parent.length;
      is_added := true;
    end loop;
  end loop;
  return is_added;
end $$;

-- Where the newest range ends that is over by the cutoff; null where there is none.
create function range_end_before(table_name text, cutoff timestamptz) returns timestamptz language sql as $$
  select max(range_to) from ranges_of(table_name) where range_to <= cutoff
$$;

create function drop_ranges(table_name text, before timestamptz) returns void language plpgsql as $$
declare
  old record;
begin
  for old in select child from ranges_of(table_name) where range_to <= before loop
    execute format('drop table %I', old.child);
  end loop;
end $$;

alter table points rename to points_whole;
alter table points_whole rename constraint points_pkey to points_whole_pkey;
alter index points_cursor rename to points_whole_cursor;
create table points (
  ts timestamptz not null,
  value double precision not null,
  cursor bigint not null,
  series_id integer not null,
  ordinal smallint not null,
  -- Points of a series come in the order of time, so its pages are filled once and for all: 29 bytes a point instead of 32.
  primary key (series_id, ts) with (fillfactor = 100)
) partition by range (ts);
create index points_cursor on points using brin (cursor) with (pages_per_range = 32, autosummarize = on);

alter table trades rename to trades_whole;
alter table trades_whole rename constraint trades_pkey to trades_whole_pkey;
alter index trades_cursor rename to trades_whole_cursor;
alter index trades_identity rename to trades_whole_identity;
create table trades (
  ts timestamptz not null,
  price double precision not null,
  size double precision not null,
  cursor bigint not null,
  symbol_id integer not null,
  ordinal smallint not null,
  side smallint not null default 0,
  venue text not null default '',
  trade_id text not null default '',
  primary key (symbol_id, ts, cursor, ordinal)
) partition by range (ts);
create index trades_cursor on trades using brin (cursor) with (pages_per_range = 32, autosummarize = on);
create unique index trades_identity on trades (symbol_id, venue, trade_id, ts) where trade_id <> '';

create table metrics_1m_live (like metrics_1m_past, primary key (series_id, bucket)) partition by range (bucket);
create table metrics_1h_live (like metrics_1m_past including all);
create table bars_1m_live (like bars_1m_past, primary key (symbol_id, bucket)) partition by range (bucket);
create table bars_1h_live (like bars_1m_past including all);
create table bars_1d_live (like bars_1m_past including all);

-- One range for all of the time before this week, then weeks, some of them ahead of time.
select add_range(name, raw_from, date_bin('7 days', now(), 'epoch'))
from tape_state, (values ('points'), ('trades')) t (name);
select add_range(name, raw_from, date_bin('28 days', now(), 'epoch'))
from tape_state, (values ('metrics_1m_live'), ('bars_1m_live')) t (name);
select add_ranges(now() + interval '28 days');

insert into points select w.* from points_whole w, tape_state s where w.ts >= s.raw_from order by w.series_id, w.ts;
insert into points_past select w.* from points_whole w, tape_state s where w.ts < s.raw_from order by w.series_id, w.ts;
insert into trades select w.* from trades_whole w, tape_state s where w.ts >= s.raw_from order by w.symbol_id, w.ts;
insert into trades_past select w.* from trades_whole w, tape_state s where w.ts < s.raw_from order by w.symbol_id, w.ts;
drop table points_whole, trades_whole;
