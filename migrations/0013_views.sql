-- For people who write SQL: a view for each kind of thing, with `symbol` and `timestamp`, the same in every mode.
--
-- Every branch of a view goes from the symbol to its series to their rows, each by its index, so that a condition on the symbol, the
-- metric or the labels reads nothing else; of a view whose branches are joined as a whole everything would be. A condition on the time
-- reads no row besides. Of packed hours it cannot choose: Postgres does not know that what an array holds lies in its hour, so those of
-- the series are unpacked and looked at, a tenth of a microsecond a point. trading_metrics_between knows.
--
-- What a function or a view here means is bound when it is made, and not by the search path of who asks.

drop function trading_metrics_between(timestamptz, timestamptz);
drop view trading_metrics, metrics_1m, metrics_1h, bars_1m, bars_1h, bars_1d;

create or replace view all_points as
select ts, value, cursor, series_id, ordinal from points where ts >= (select packed_through from tape_state)
union all
select ts, value, cursor, series_id, ordinal from points_past
union all
select unnest(k.ts), unnest(k.value), unnest(k.cursor), k.series_id, unnest(k.ordinal)
from packed_points k
where k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state)
  and not exists (
    select from points_late l
    where l.series_id = k.series_id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')
union all
select * from (
  select distinct on (c.series_id, c.ts) c.ts, c.value, c.cursor, c.series_id, c.ordinal
  from (
    select l.ts, l.value, l.cursor, l.series_id, l.ordinal from points_late l
    union all
    select unnest(k.ts), unnest(k.value), unnest(k.cursor), k.series_id, unnest(k.ordinal)
    from (select distinct l.series_id, date_bin('1 hour', l.ts, 'epoch') as hour from points_late l) h
    join packed_points k on k.series_id = h.series_id and k.hour = h.hour) c
  order by c.series_id, c.ts, c.cursor desc, c.ordinal desc) l;
drop function packed_between(timestamptz, timestamptz);

create view trading_metrics (timestamp, metric_name, value, symbol, labels) as
select p.ts, s.metric, p.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
join points p on p.series_id = s.id
where p.ts >= (select packed_through from tape_state)
union all
select p.ts, s.metric, p.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
join points_past p on p.series_id = s.id
union all
select u.ts, s.metric, u.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select unnest(k.ts) as ts, unnest(k.value) as value
  from packed_points k
  where k.series_id = s.id
    and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state)
    and not exists (
      select from points_late l
      where l.series_id = k.series_id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')) u
union all
select l.ts, s.metric, l.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select distinct on (c.ts) c.ts, c.value
  from (
    select l.ts, l.value, l.cursor, l.ordinal from points_late l where l.series_id = s.id
    union all
    select unnest(k.ts), unnest(k.value), unnest(k.cursor), unnest(k.ordinal)
    from (select distinct date_bin('1 hour', l.ts, 'epoch') as hour from points_late l where l.series_id = s.id) h
    join packed_points k on k.series_id = s.id and k.hour = h.hour) c
  order by c.ts, c.cursor desc, c.ordinal desc) l;

-- The same of a range: nothing outside it is unpacked. In a DO block, for the runner of migrations does not know a body that ends with
-- a bare semicolon.
do $do$
begin
  execute $sql$
create function trading_metrics_between(range_from timestamptz, range_to timestamptz)
returns table ("timestamp" timestamptz, metric_name text, value double precision, symbol text, labels jsonb)
language sql stable
begin atomic
select p.ts, s.metric, p.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
join points p on p.series_id = s.id
where p.ts >= (select packed_through from tape_state) and p.ts >= range_from and p.ts < range_to
union all
select p.ts, s.metric, p.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
join points_past p on p.series_id = s.id
where p.ts >= range_from and p.ts < range_to
union all
select u.ts, s.metric, u.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select unnest(k.ts) as ts, unnest(k.value) as value
  from packed_points k
  where k.series_id = s.id and k.hour > range_from - interval '1 hour' and k.hour < range_to
    and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state)
    and not exists (
      select from points_late l
      where l.series_id = k.series_id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')) u
where u.ts >= range_from and u.ts < range_to
union all
select l.ts, s.metric, l.value, y.symbol, s.labels
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select distinct on (c.ts) c.ts, c.value
  from (
    select l.ts, l.value, l.cursor, l.ordinal from points_late l where l.series_id = s.id and l.ts > range_from - interval '1 hour' and l.ts < range_to + interval '1 hour'
    union all
    select unnest(k.ts), unnest(k.value), unnest(k.cursor), unnest(k.ordinal)
    from (select distinct date_bin('1 hour', l.ts, 'epoch') as hour from points_late l where l.series_id = s.id and l.ts > range_from - interval '1 hour' and l.ts < range_to + interval '1 hour') h
    join packed_points k on k.series_id = s.id and k.hour = h.hour) c
  order by c.ts, c.cursor desc, c.ordinal desc) l
where l.ts >= range_from and l.ts < range_to;
end
  $sql$;
end $do$;

-- Buckets of which there is no rollup: those that are not over, or not rolled up yet, and minutes that are no longer kept of which raw data
-- is. Of points the growing hour is made of points, for nobody can put percentiles together. A continuous aggregate has what is new
-- itself.
do $do$
declare
  -- Is what is new in no rollup?
  is_kept boolean := (select relkind from pg_class where oid = 'metrics_1m_live'::regclass) <> 'v';
begin
  execute format($sql$
create view growing_metrics_1m as
  select p.series_id, date_bin('1 minute', p.ts, 'epoch') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(0.95) within group (order by p.value) as p95, percentile_cont(0.99) within group (order by p.value) as p99
  from points p
  where p.ts >= (select date_bin('1 minute', rolled_through, 'epoch') from tape_state) and %1$L::boolean
  group by 1, 2
  union all
  select p.series_id, date_bin('1 minute', p.ts, 'epoch') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(0.95) within group (order by p.value) as p95, percentile_cont(0.99) within group (order by p.value) as p99
  from points_past p
  where p.ts < (select minutes_from from tape_state)
  group by 1, 2
  $sql$, is_kept);
  execute format($sql$
create view growing_metrics_1h as
  select p.series_id, date_bin('1 hour', p.ts, 'epoch') as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(0.95) within group (order by p.value) as p95, percentile_cont(0.99) within group (order by p.value) as p99
  from points p
  where p.ts >= (select date_bin('1 hour', rolled_through, 'epoch') from tape_state) and %1$L::boolean
  group by 1, 2
  $sql$, is_kept);
  execute format($sql$
create view growing_bars_1m as
  select t.symbol_id, date_bin('1 minute', t.ts, 'epoch') as bucket,
    (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1] as open, max(t.price) as high, min(t.price) as low,
    (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1] as close,
    sum(least(1e300, t.size)) as volume, count(*) as trades, min(t.ts) as first_ts, max(t.ts) as last_ts
  from trades_live t
  where t.ts >= (select date_bin('1 minute', rolled_through, 'epoch') from tape_state) and %1$L::boolean
  group by 1, 2
  union all
  select t.symbol_id, date_bin('1 minute', t.ts, 'epoch') as bucket,
    (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1] as open, max(t.price) as high, min(t.price) as low,
    (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1] as close,
    sum(least(1e300, t.size)) as volume, count(*) as trades, min(t.ts) as first_ts, max(t.ts) as last_ts
  from trades_past t
  where t.ts < (select minutes_from from tape_state)
  group by 1, 2
  $sql$, is_kept);
  execute format($sql$
create view growing_bars_1h as
  select t.symbol_id, date_bin('1 hour', t.ts, 'epoch') as bucket,
    (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1] as open, max(t.price) as high, min(t.price) as low,
    (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1] as close,
    sum(least(1e300, t.size)) as volume, count(*) as trades, min(t.ts) as first_ts, max(t.ts) as last_ts
  from trades_live t
  where t.ts >= (select date_bin('1 hour', rolled_through, 'epoch') from tape_state) and %1$L::boolean
  group by 1, 2
  $sql$, is_kept);
  execute format($sql$
create view growing_bars_1d as
  select h.symbol_id, date_bin('24 hours', h.bucket, 'epoch') as bucket, h.open, h.high, h.low, h.close, h.volume, h.trades,
    h.first_ts, h.last_ts
  from bars_1h_live h
  where h.bucket >= (select date_bin('24 hours', rolled_through, 'epoch') from tape_state) and %1$L::boolean
  union all
  select g.symbol_id, date_bin('24 hours', g.bucket, 'epoch'), g.open, g.high, g.low, g.close, g.volume, g.trades, g.first_ts, g.last_ts
  from growing_bars_1h g
  $sql$, is_kept);
end $do$;

-- Percentiles of a bucket in two parts are null: nobody knows them.
create view metrics_1m (timestamp, metric_name, symbol, labels, avg, min, max, sum, count, first, last, p95, p99) as
select r.bucket, s.metric, y.symbol, s.labels, r.sum / r.count, r.min, r.max, r.sum, r.count, r.first, r.last, r.p95, r.p99
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select l.bucket, l.count, l.sum, l.min, l.max, l.first, l.last, l.p95, l.p99
  from metrics_1m_live l
  where l.series_id = s.id and l.bucket >= (select minutes_from from tape_state)
    and not exists (select from metrics_1m_past p where p.series_id = s.id and p.bucket = l.bucket)
  union all
  select p.bucket, p.count + coalesce(l.count, 0), p.sum + coalesce(l.sum, 0), least(p.min, l.min), greatest(p.max, l.max),
    case when l.first_ts <= p.first_ts then l.first else p.first end,
    case when l.last_ts > p.last_ts then l.last else p.last end,
    case when l.bucket is null then p.p95 end, case when l.bucket is null then p.p99 end
  from metrics_1m_past p
  left join metrics_1m_live l on l.series_id = s.id and l.bucket = p.bucket
  where p.series_id = s.id and p.bucket >= (select minutes_from from tape_state)
  union all
  select g.bucket, g.count, g.sum, g.min, g.max, g.first, g.last, g.p95, g.p99
  from growing_metrics_1m g
  where g.series_id = s.id) r;

create view metrics_1h (timestamp, metric_name, symbol, labels, avg, min, max, sum, count, first, last, p95, p99) as
select r.bucket, s.metric, y.symbol, s.labels, r.sum / r.count, r.min, r.max, r.sum, r.count, r.first, r.last, r.p95, r.p99
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select l.bucket, l.count, l.sum, l.min, l.max, l.first, l.last, l.p95, l.p99
  from metrics_1h_live l
  where l.series_id = s.id
    and not exists (select from metrics_1h_past p where p.series_id = s.id and p.bucket = l.bucket)
  union all
  select p.bucket, p.count + coalesce(l.count, 0), p.sum + coalesce(l.sum, 0), least(p.min, l.min), greatest(p.max, l.max),
    case when l.first_ts <= p.first_ts then l.first else p.first end,
    case when l.last_ts > p.last_ts then l.last else p.last end,
    case when l.bucket is null then p.p95 end, case when l.bucket is null then p.p99 end
  from metrics_1h_past p
  left join metrics_1h_live l on l.series_id = s.id and l.bucket = p.bucket
  where p.series_id = s.id
  union all
  select g.bucket, g.count, g.sum, g.min, g.max, g.first, g.last, g.p95, g.p99
  from growing_metrics_1h g
  where g.series_id = s.id) r;

create view metrics_1min (bucket, metric_name, symbol, avg_value, max_value, sample_count, p95_value, p99_value, labels) as
select timestamp, metric_name, symbol, avg, max, count, p95, p99, labels from metrics_1m;

create view bars_1m (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, b.open, b.high, b.low, b.close, b.volume, b.trades
from symbols y
cross join lateral (
  select t.bucket, t.open, t.high, t.low, t.close, t.volume, t.trades
  from trade_bars_1m t
  where t.symbol_id = y.id and t.bucket >= (select minutes_from from tape_state)
  union all
  select g.bucket, g.open, g.high, g.low, g.close, g.volume, g.trades from growing_bars_1m g where g.symbol_id = y.id
  union all
  select p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades
  from posted_bars p
  where p.symbol_id = y.id and p.length_s = 60
    and not exists (select from trade_bars_1m t where t.symbol_id = y.id and t.bucket = p.bucket)
    and not exists (
      select from trades_live t
      where t.symbol_id = y.id and t.ts >= p.bucket and t.ts < p.bucket + interval '1 minute'
        and t.ts >= (select date_bin('1 minute', rolled_through, 'epoch') from tape_state))
    and not exists (
      select from trades_past t
      where t.symbol_id = y.id and t.ts >= p.bucket and t.ts < p.bucket + interval '1 minute'
        and t.ts < (select minutes_from from tape_state))) b;

create view bars_1h (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, (array_agg(b.open order by b.first_ts))[1], max(b.high), min(b.low),
  (array_agg(b.close order by b.last_ts desc))[1], sum(b.volume), sum(b.trades)
from symbols y
cross join lateral (
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_live where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_past where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_posted where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from growing_bars_1h where symbol_id = y.id) b
group by b.bucket, y.symbol;

create view bars_1d (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, (array_agg(b.open order by b.first_ts))[1], max(b.high), min(b.low),
  (array_agg(b.close order by b.last_ts desc))[1], sum(b.volume), sum(b.trades)
from symbols y
cross join lateral (
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1d_live where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1d_past where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1d_posted where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from growing_bars_1d where symbol_id = y.id) b
group by b.bucket, y.symbol;

-- Null where it was not said.
create view trades (timestamp, symbol, price, size, side, venue, trade_id) as
select t.ts, y.symbol, t.price, t.size, case t.side when 1 then 'buy' when -1 then 'sell' end, nullif(t.venue, ''),
  nullif(t.trade_id, '')
from symbols y
join trades_live t on t.symbol_id = y.id
union all
select t.ts, y.symbol, t.price, t.size, case t.side when 1 then 'buy' when -1 then 'sell' end, nullif(t.venue, ''),
  nullif(t.trade_id, '')
from symbols y
join trades_past t on t.symbol_id = y.id;

create view positions (timestamp, symbol, account, quantity, avg_price) as
select p.ts, y.symbol, nullif(p.account, ''), p.quantity, p.avg_price
from symbols y
join position_states p on p.symbol_id = y.id;

-- Without rows: orders cannot be pushed yet. What is written for them runs, and finds none.
create view orders (timestamp, symbol, id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id) as
select null::timestamptz, null::text, null::text, null::text, null::text, null::text, null::double precision, null::double precision,
  null::double precision, null::double precision, null::text, null::text, null::text
where false;

-- Whoever tries to write here is told the way in. Its argument says which it is.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'cannot % the view "%": what is in it comes by the HTTP interface',
    case tg_op when 'INSERT' then 'insert into' when 'DELETE' then 'delete from' else 'update' end, tg_table_name
    using errcode = 'feature_not_supported', hint = tg_argv[0];
end $$;

create trigger refuse_change instead of insert or update or delete on trading_metrics for each row
execute function refuse_change('Push points with POST /api/metrics, such as {"metric":"spread","value":1.5,"symbol":"BTC-USD"}.');
create trigger refuse_change instead of insert or update or delete on metrics_1m for each row
execute function refuse_change('It is made of what is pushed with POST /api/metrics.');
create trigger refuse_change instead of insert or update or delete on metrics_1h for each row
execute function refuse_change('It is made of what is pushed with POST /api/metrics.');
create trigger refuse_change instead of insert or update or delete on metrics_1min for each row
execute function refuse_change('It is made of what is pushed with POST /api/metrics.');
create trigger refuse_change instead of insert or update or delete on trades for each row
execute function refuse_change('Push trades with POST /api/trades, such as {"symbol":"BTC-USD","price":97250.5,"size":0.25,"side":"buy"}.');
create trigger refuse_change instead of insert or update or delete on positions for each row
execute function refuse_change('Push what an account holds with POST /api/positions, such as {"symbol":"BTC-USD","quantity":2,"avg_price":97000}.');
create trigger refuse_change instead of insert or update or delete on orders for each row
execute function refuse_change('Orders cannot be pushed yet.');
create trigger refuse_change instead of insert or update or delete on order_books for each row
execute function refuse_change('Push books with POST /api/books.');
create trigger refuse_change instead of insert or update or delete on bars_1m for each row
execute function refuse_change('It is made of what is pushed with POST /api/trades; push bars from elsewhere with POST /api/bars.');
create trigger refuse_change instead of insert or update or delete on bars_1h for each row
execute function refuse_change('It is made of what is pushed with POST /api/trades; push bars from elsewhere with POST /api/bars.');
create trigger refuse_change instead of insert or update or delete on bars_1d for each row
execute function refuse_change('It is made of what is pushed with POST /api/trades; push bars from elsewhere with POST /api/bars.');
