-- TimescaleDB under its community licence: hypertables that are compressed when they are a week old, and rollups that are
-- continuous aggregates. The Keeper refreshes them, because it knows what is stale, and drops chunks, because raw_from
-- has to move on first.

insert into points_past select w.* from points w, tape_state s where w.ts < s.raw_from order by w.series_id, w.ts;
delete from points using tape_state s where points.ts < s.raw_from;
insert into trades_past select w.* from trades w, tape_state s where w.ts < s.raw_from order by w.symbol_id, w.ts;
delete from trades using tape_state s where trades.ts < s.raw_from;

select create_hypertable('points', by_range('ts', interval '7 days'),
  create_default_indexes => false, migrate_data => true);
select create_hypertable('trades', by_range('ts', interval '7 days'),
  create_default_indexes => false, migrate_data => true);

alter table points set (timescaledb.compress, timescaledb.compress_segmentby = 'series_id', timescaledb.compress_orderby = 'ts');
alter table trades set (
  timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id', timescaledb.compress_orderby = 'ts, cursor, ordinal');
select add_compression_policy('points', compress_after => interval '7 days');
select add_compression_policy('trades', compress_after => interval '7 days');

-- Sums take no part in a value beyond 1e300, so that no sum of finite numbers is refused for being infinite.
create materialized view metrics_1m_live
with (timescaledb.continuous, timescaledb.materialized_only = false) as
select time_bucket(interval '1 minute', ts) as bucket, count(*) as count,
  sum(greatest(-1e300, least(1e300, value))) as sum, min(value) as min, max(value) as max,
  first(value, ts) as first, last(value, ts) as last,
  percentile_cont(0.95) within group (order by value) as p95, percentile_cont(0.99) within group (order by value) as p99,
  min(ts) as first_ts, max(ts) as last_ts, max(cursor) as cursor, series_id
from points group by series_id, time_bucket(interval '1 minute', ts)
with no data;

create materialized view metrics_1h_live
with (timescaledb.continuous, timescaledb.materialized_only = false) as
select time_bucket(interval '1 hour', ts) as bucket, count(*) as count,
  sum(greatest(-1e300, least(1e300, value))) as sum, min(value) as min, max(value) as max,
  first(value, ts) as first, last(value, ts) as last,
  percentile_cont(0.95) within group (order by value) as p95, percentile_cont(0.99) within group (order by value) as p99,
  min(ts) as first_ts, max(ts) as last_ts, max(cursor) as cursor, series_id
from points group by series_id, time_bucket(interval '1 hour', ts)
with no data;

create materialized view bars_1m_live
with (timescaledb.continuous, timescaledb.materialized_only = false) as
select time_bucket(interval '1 minute', ts) as bucket,
  (array_agg(price order by ts, cursor, ordinal))[1] as open, max(price) as high, min(price) as low,
  (array_agg(price order by ts, cursor, ordinal))[count(*)] as close,
  sum(least(1e300, size)) as volume, count(*) as trades,
  min(ts) as first_ts, max(ts) as last_ts, max(cursor) as cursor, symbol_id
from trades group by symbol_id, time_bucket(interval '1 minute', ts)
with no data;

create materialized view bars_1h_live
with (timescaledb.continuous, timescaledb.materialized_only = false) as
select time_bucket(interval '1 hour', ts) as bucket,
  (array_agg(price order by ts, cursor, ordinal))[1] as open, max(price) as high, min(price) as low,
  (array_agg(price order by ts, cursor, ordinal))[count(*)] as close,
  sum(least(1e300, size)) as volume, count(*) as trades,
  min(ts) as first_ts, max(ts) as last_ts, max(cursor) as cursor, symbol_id
from trades group by symbol_id, time_bucket(interval '1 hour', ts)
with no data;

create materialized view bars_1d_live
with (timescaledb.continuous, timescaledb.materialized_only = false) as
select time_bucket(interval '1 day', ts) as bucket,
  (array_agg(price order by ts, cursor, ordinal))[1] as open, max(price) as high, min(price) as low,
  (array_agg(price order by ts, cursor, ordinal))[count(*)] as close,
  sum(least(1e300, size)) as volume, count(*) as trades,
  min(ts) as first_ts, max(ts) as last_ts, max(cursor) as cursor, symbol_id
from trades group by symbol_id, time_bucket(interval '1 day', ts)
with no data;

-- Chunks are made as they are needed.
create function add_ranges(through timestamptz) returns boolean language sql as $$ select false $$;

-- Chunks are whole weeks since the epoch, and of minute rollups four weeks or more.
create function range_end_before(table_name text, cutoff timestamptz) returns timestamptz language sql as $$
  select date_bin('7 days', cutoff, 'epoch')
$$;

create function drop_ranges(table_name text, before timestamptz) returns void language sql as $$
  select drop_chunks(table_name::regclass, older_than => before)
$$;
