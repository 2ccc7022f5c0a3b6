-- TimescaleDB without its community licence: hypertables, whose chunks are made as they are needed and dropped by the
-- Keeper. The rollups are its work too.

insert into points_past select w.* from points w, tape_state s where w.ts < s.raw_from order by w.series_id, w.ts;
delete from points using tape_state s where points.ts < s.raw_from;
insert into trades_past select w.* from trades w, tape_state s where w.ts < s.raw_from order by w.symbol_id, w.ts;
delete from trades using tape_state s where trades.ts < s.raw_from;

select create_hypertable('points', by_range('ts', interval '7 days'),
  create_default_indexes => false, migrate_data => true);
select create_hypertable('trades', by_range('ts', interval '7 days'),
  create_default_indexes => false, migrate_data => true);

create table metrics_1m_live (like metrics_1m_past including all);
create table metrics_1h_live (like metrics_1m_past including all);
create table bars_1m_live (like bars_1m_past including all);
create table bars_1h_live (like bars_1m_past including all);
create table bars_1d_live (like bars_1m_past including all);
select create_hypertable('metrics_1m_live', by_range('bucket', interval '28 days'), create_default_indexes => false);
select create_hypertable('bars_1m_live', by_range('bucket', interval '28 days'), create_default_indexes => false);

-- Chunks are made as they are needed.
create function add_ranges(through timestamptz) returns boolean language sql as $$ select false $$;

-- Chunks are whole weeks since the epoch, and of minute rollups four weeks or more.
create function range_end_before(table_name text, cutoff timestamptz) returns timestamptz language sql as $$
  select date_bin('7 days', cutoff, 'epoch')
$$;

create function drop_ranges(table_name text, before timestamptz) returns void language sql as $$
  select drop_chunks(table_name::regclass, older_than => before)
$$;
