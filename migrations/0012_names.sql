-- Two tables make room for views with their names, which have symbols instead of ids (0013): `trades` is what a reader means by it, those
-- of the past among them.

alter table trades rename to trades_live;
alter table positions rename to position_states;

-- As in 0008, by the new name.
create or replace function drop_raw_before(cutoff timestamptz) returns boolean language plpgsql as $$
declare
  new_from timestamptz;
begin
  select range_end_before('trades_live', least(cutoff, rolled_through)) into new_from from tape_state;
  if new_from is null or new_from <= (select raw_from from tape_state) then
    return false;
  end if;
  -- First the tables, then the row: so does everybody who stores, and the other way about would be a deadlock.
  lock table points, trades_live in access exclusive mode;
  if exists (select from stale_points n, tape_state s where n.hour >= s.raw_from and n.hour < new_from)
    or exists (select from stale_trades n, tape_state s where n.hour >= s.raw_from and n.hour < new_from) then
    return false;
  end if;
  update tape_state set raw_from = new_from, packed_through = greatest(packed_through, new_from);
  perform drop_ranges('points', new_from);
  perform drop_ranges('trades_live', new_from);
  return true;
end $$;
