-- Points packed: once an hour is well over, the points of a series in it stand in one row, an array a column: some 25 bytes a point
-- instead of 90, and three times as fast to read. The Keeper packs hour after hour, and queries read what is packed from
-- then on; the rows of it are dropped when the range they are in is packed to its end. Where TimescaleDB compresses, nothing is
-- ever packed.

alter table tape_state
  -- Points from raw_from on to here are read from packed_points, but for what came since, which is in points_late.
  add column packed_through timestamptz;
update tape_state set packed_through = raw_from;
alter table tape_state
  alter column packed_through set not null,
  add check (raw_from <= packed_through and packed_through <= rolled_through);

create table packed_points (
  hour timestamptz not null,
  first_cursor bigint not null,
  last_cursor bigint not null,
  series_id integer not null,
  count integer not null,
  -- By time, all of the same length.
  ts timestamptz[] not null,
  value double precision[] not null,
  cursor bigint[] not null,
  ordinal smallint[] not null,
  primary key (series_id, hour)
);
-- Replay reads by cursor.
create index packed_points_cursors on packed_points using gist (int8range(first_cursor, last_cursor, '[]'));
-- Retention deletes by hour.
create index packed_points_hour on packed_points using brin (hour) with (pages_per_range = 32, autosummarize = on);

-- What is stored for a time that is packed. The note that every such insert makes has the Keeper put it where it belongs, so there
-- are rows here of hours only that are noted in stale_points.
create table points_late (like points_past including all);

-- The points of a range whose time is packed, with what came late in their place: of two at one moment the later in the log.
create function packed_between(range_from timestamptz, range_to timestamptz)
returns table (ts timestamptz, value double precision, cursor bigint, series_id integer, ordinal smallint)
language sql stable as $$
  select u.ts, u.value, u.cursor, u.series_id, u.ordinal
  from (
    select k.series_id, unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal
    from packed_points k
    where k.hour > range_from - interval '1 hour' and k.hour < range_to
      and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state)
      and not exists (
        select from points_late l
        where l.series_id = k.series_id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')) u
  where u.ts >= range_from and u.ts < range_to
  union all
  select * from (
    select distinct on (c.series_id, c.ts) c.ts, c.value, c.cursor, c.series_id, c.ordinal
    from (
      select l.ts, l.value, l.cursor, l.series_id, l.ordinal from points_late l
      union all
      select unnest(k.ts), unnest(k.value), unnest(k.cursor), k.series_id, unnest(k.ordinal)
      from (select distinct l.series_id, date_bin('1 hour', l.ts, 'epoch') as hour from points_late l) h
      join packed_points k on k.series_id = h.series_id and k.hour = h.hour) c
    where c.ts >= range_from and c.ts < range_to
    order by c.series_id, c.ts, c.cursor desc, c.ordinal desc) l
$$;

create or replace view all_points as
select ts, value, cursor, series_id, ordinal from points where ts >= (select packed_through from tape_state)
union all
select ts, value, cursor, series_id, ordinal from points_past
union all
select ts, value, cursor, series_id, ordinal from packed_between('-infinity', 'infinity');

-- The same as trading_metrics, of a range: nothing outside it is unpacked, which a condition on the timestamp of a view
-- cannot bring about.
create function trading_metrics_between(range_from timestamptz, range_to timestamptz)
returns table ("timestamp" timestamptz, metric_name text, value double precision, symbol text, labels jsonb)
language sql stable as $$
  select p.ts, s.metric, p.value, y.symbol, s.labels
  from (
    select ts, value, series_id from points
    where ts >= range_from and ts < range_to and ts >= (select packed_through from tape_state)
    union all
    select ts, value, series_id from points_past where ts >= range_from and ts < range_to
    union all
    select ts, value, series_id from packed_between(range_from, range_to)) p
  join series s on s.id = p.series_id
  join symbols y on y.id = s.symbol_id
$$;

-- Drops rows of points that are packed, as far as whole ranges go: nobody reads them any more. True where there were any.
create function drop_packed_rows() returns boolean language plpgsql as $$
declare
  new_through timestamptz;
begin
  select packed_through into new_through from tape_state;
  if not has_range_before('points', new_through) then
    return false;
  end if;
  lock table points in access exclusive mode;
  perform drop_ranges('points', new_through);
  return true;
end $$;

-- As before, but that what is packed goes with its rows; packed points are deleted after this, in steps. Whole weeks, as trades are.
create or replace function drop_raw_before(cutoff timestamptz) returns boolean language plpgsql as $$
declare
  new_from timestamptz;
begin
  select range_end_before('trades', least(cutoff, rolled_through)) into new_from from tape_state;
  if new_from is null or new_from <= (select raw_from from tape_state) then
    return false;
  end if;
  -- First the tables, then the row: so does everybody who stores, and the other way about would be a deadlock.
  lock table points, trades in access exclusive mode;
  if exists (select from stale_points n, tape_state s where n.hour >= s.raw_from and n.hour < new_from)
    or exists (select from stale_trades n, tape_state s where n.hour >= s.raw_from and n.hour < new_from) then
    return false;
  end if;
  update tape_state set raw_from = new_from, packed_through = greatest(packed_through, new_from);
  perform drop_ranges('points', new_from);
  perform drop_ranges('trades', new_from);
  return true;
end $$;
