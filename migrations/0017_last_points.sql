-- The newest point of every series. `max(timestamp)` of trading_metrics reads every point of the symbol, for Postgres does not look
-- for a maximum behind a join; here each series is one step into the index of each place where points are.

create view last_points (timestamp, metric_name, value, symbol, labels) as
select l.ts, s.metric, l.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select c.ts, c.value
  from (
    (select p.ts, p.value, p.cursor, p.ordinal from points p
     where p.series_id = s.id and p.ts >= (select packed_through from tape_state) order by p.ts desc limit 1)
    union all
    (select p.ts, p.value, p.cursor, p.ordinal from points_past p where p.series_id = s.id order by p.ts desc limit 1)
    union all
    (select p.ts, p.value, p.cursor, p.ordinal from points_late p
     where p.series_id = s.id order by p.ts desc, p.cursor desc, p.ordinal desc limit 1)
    union all
    select unnest(h.ts), unnest(h.value), unnest(h.cursor), unnest(h.ordinal)
    from (
      select k.ts, k.value, k.cursor, k.ordinal from packed_points k
      where k.series_id = s.id
        and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state)
      order by k.hour desc limit 1) h) c
  order by c.ts desc, c.cursor desc, c.ordinal desc limit 1) l;

create trigger refuse_change instead of insert or update or delete on last_points for each row
execute function refuse_change('Push points with POST /api/metrics, such as {"metric":"spread","value":1.5,"symbol":"BTC-USD"}.');
