-- Hours that are closed. Of an hour whose raw data is gone nobody knows any more which events it had: what comes for it might be in
-- its rollup already, and would count twice. So it is set aside, raw and without end, and counts nowhere, unless it can be proven
-- new. What was counted twice before this migration stays as it is: nobody can tell any more what that was.

create table points_set_aside (like points_past including all);
create table trades_set_aside (like trades_past including all);

-- Which of these moments, all of them before raw_from, may be those of something in a rollup: there is one of the hour, and they
-- are not before its first event or after its last, and the same of the minute where minutes are kept. plpgsql, so that nobody
-- plans it who does not need it, which is nearly everybody who stores.
create function closed_points(series_ids integer[], moments timestamptz[], minutes_from timestamptz)
returns table (key integer, ts timestamptz) language plpgsql stable as $$
begin
  return query
  select distinct u.id, u.moment
  from unnest(series_ids, moments) as u (id, moment)
  cross join lateral (
    select h.first_ts, h.last_ts from points_1h_spans h
    where h.series_id = u.id and h.bucket = date_bin('1 hour', u.moment, 'epoch') offset 0) hour
  where u.moment between hour.first_ts and hour.last_ts
    and (u.moment < minutes_from or exists (
      select from points_1m_spans m
      where m.series_id = u.id and m.bucket = date_bin('1 minute', u.moment, 'epoch')
        and u.moment between m.first_ts and m.last_ts));
end $$;

create function closed_trades(symbol_ids integer[], moments timestamptz[], minutes_from timestamptz)
returns table (key integer, ts timestamptz) language plpgsql stable as $$
begin
  return query
  select distinct u.id, u.moment
  from unnest(symbol_ids, moments) as u (id, moment)
  cross join lateral (
    select h.first_ts, h.last_ts from trades_1h_spans h
    where h.symbol_id = u.id and h.bucket = date_bin('1 hour', u.moment, 'epoch') offset 0) hour
  where u.moment between hour.first_ts and hour.last_ts
    and (u.moment < minutes_from or exists (
      select from trades_1m_spans m
      where m.symbol_id = u.id and m.bucket = date_bin('1 minute', u.moment, 'epoch')
        and u.moment between m.first_ts and m.last_ts));
end $$;
