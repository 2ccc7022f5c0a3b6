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

-- Drops raw data in chunks that end by the cutoff, once its rollups are made. raw_from moves on in the same transaction, so
-- that what comes late for that time goes to the past, and never where a refresh would take it for all there is.
create function drop_raw_before(cutoff timestamptz) returns boolean language plpgsql as $$
declare
  new_from timestamptz;
begin
  -- Chunks are whole weeks since the epoch.
  select date_bin('7 days', least(cutoff, rolled_through), 'epoch') into new_from from tape_state;
  if new_from <= (select raw_from from tape_state) then
    return false;
  end if;
  -- First the tables, then the row: so does everybody who stores, and the other way about would be a deadlock.
  lock table points, trades in access exclusive mode;
  if exists (select from stale_points n, tape_state s where n.hour >= s.raw_from and n.hour < new_from)
    or exists (select from stale_trades n, tape_state s where n.hour >= s.raw_from and n.hour < new_from) then
    return false;
  end if;
  update tape_state set raw_from = new_from;
  perform drop_chunks('points', older_than => new_from);
  perform drop_chunks('trades', older_than => new_from);
  return true;
end $$;

-- The same of minute rollups.
create function drop_minutes_before(cutoff timestamptz) returns boolean language plpgsql as $$
declare
  new_from timestamptz;
begin
  select date_bin('28 days', least(cutoff, raw_from), 'epoch') into new_from from tape_state;
  update tape_state set minutes_from = new_from where minutes_from < new_from;
  if not found then
    return false;
  end if;
  perform drop_chunks('metrics_1m_live', older_than => new_from);
  perform drop_chunks('bars_1m_live', older_than => new_from);
  return true;
end $$;
