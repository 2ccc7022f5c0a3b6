-- Rows of points in ranges of a day, so that a day that is packed can be dropped. Those of before stay as long as they are. Where
-- nobody was there to make any for more than four weeks, all that time but the last four weeks is one range.

create or replace function add_ranges(through timestamptz) returns boolean language plpgsql as $$
declare
  parent record;
  range_end timestamptz;
  next_end timestamptz;
  is_added boolean := false;
begin
  for parent in
    select * from (values ('points', interval '1 day'), ('trades', interval '7 days'),
      ('metrics_1m_live', interval '28 days'), ('bars_1m_live', interval '28 days')) t (name, length)
  loop
    select max(range_to) into range_end from ranges_of(parent.name);
    while range_end <= through loop
      next_end := range_end + parent.length;
      if parent.name = 'points' then
        next_end := greatest(next_end, date_bin('1 day', through - interval '56 days', 'epoch'));
      end if;
      perform add_range(parent.name, range_end, next_end);
      range_end := next_end;
      is_added := true;
    end loop;
  end loop;
  return is_added;
end $$;

-- Weeks in which there is nothing yet become days.
do $$
declare
  week record;
  is_used boolean;
begin
  for week in select child from ranges_of('points') where range_to > now() order by range_to desc loop
    execute format('select exists (select from %I)', week.child) into is_used;
    exit when is_used;
    execute format('drop table %I', week.child);
  end loop;
end $$;
select add_ranges(now() + interval '28 days');

-- Drops rows of points that are packed, as far as whole ranges go: nobody reads them any more. True where there were any.
create function drop_packed_rows() returns boolean language plpgsql as $$
declare
  new_through timestamptz;
begin
  select range_end_before('points', packed_through) into new_through from tape_state;
  if new_through is null then
    return false;
  end if;
  lock table points in access exclusive mode;
  perform drop_ranges('points', new_through);
  return true;
end $$;

-- Raw points are those that are packed, and trades; the packed ones are deleted after this, in steps.
create or replace function drop_raw_before(cutoff timestamptz) returns boolean language plpgsql as $$
declare
  new_from timestamptz;
begin
  select range_end_before('trades', least(cutoff, packed_through)) into new_from from tape_state;
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
