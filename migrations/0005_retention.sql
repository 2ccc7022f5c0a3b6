-- Drops raw data that is older than the cutoff, as far as whole ranges go and once its rollups are made. raw_from moves on in the
-- same transaction, so that what comes late for that time goes to the past, and never where a refresh would take it for
-- all there is. True where something was dropped.
create function drop_raw_before(cutoff timestamptz) returns boolean language plpgsql as $$
declare
  new_from timestamptz;
begin
  select range_end_before('points', least(cutoff, rolled_through)) into new_from from tape_state;
  if new_from is null or new_from <= (select raw_from from tape_state) then
    return false;
  end if;
  -- First the tables, then the row: so does everybody who stores, and the other way about would be a deadlock.
  lock table points, trades in access exclusive mode;
  if exists (select from stale_points n, tape_state s where n.hour >= s.raw_from and n.hour < new_from)
    or exists (select from stale_trades n, tape_state s where n.hour >= s.raw_from and n.hour < new_from) then
    return false;
  end if;
  update tape_state set raw_from = new_from;
  perform drop_ranges('points', new_from);
  perform drop_ranges('trades', new_from);
  return true;
end $$;

-- The same of minute rollups, which outlive the raw data they are made of.
create function drop_minutes_before(cutoff timestamptz) returns boolean language plpgsql as $$
declare
  new_from timestamptz;
begin
  select range_end_before('metrics_1m_live', least(cutoff, raw_from)) into new_from from tape_state;
  if new_from is null then
    return false;
  end if;
  update tape_state set minutes_from = new_from where minutes_from < new_from;
  if not found then
    return false;
  end if;
  perform drop_ranges('metrics_1m_live', new_from);
  perform drop_ranges('bars_1m_live', new_from);
  return true;
end $$;
