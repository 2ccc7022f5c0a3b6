-- Rows of points in chunks of a day, so that a day that is packed can be dropped. The chunks there are stay as long as they are:
-- what is packed of them is no longer read, and their space comes back when they are over.

select set_chunk_time_interval('points', interval '1 day');

create or replace function range_end_before(table_name text, cutoff timestamptz) returns timestamptz language sql as $$
  select date_bin(case table_name when 'points' then interval '1 day' else interval '7 days' end, cutoff, 'epoch')
$$;

-- Drops rows of points that are packed, as far as whole ranges go: nobody reads them any more. True where there were any.
create function drop_packed_rows() returns boolean language plpgsql as $$
declare
  new_through timestamptz;
begin
  select range_end_before('points', packed_through) into new_through from tape_state;
  if not exists (select from show_chunks('points', older_than => new_through)) then
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
