-- The Keeper makes an hour of many series in several steps, so some rollups of it are there before `rolled_through` says that all are.
-- Until then a bucket is made of raw data, as before; what is rolled up ahead is not counted besides. As in 0013 and 0019, but for that.

do $do$
declare
  -- Is what is new in no rollup? (A continuous aggregate has it itself.)
  is_kept boolean := (select relkind from pg_class where oid = 'metrics_1m_live'::regclass) <> 'v';
begin
  execute format($sql$
create or replace view metrics_1m (timestamp, metric_name, symbol, labels, avg, min, max, sum, count, first, last, p95, p99) as
select r.bucket, s.metric, y.symbol, s.labels, r.sum / r.count, r.min, r.max, r.sum, r.count, r.first, r.last, r.p95, r.p99
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select l.bucket, l.count, l.sum, l.min, l.max, l.first, l.last, l.p95, l.p99
  from metrics_1m_live l
  where l.series_id = s.id and l.bucket >= (select minutes_from from tape_state)
    and (not %1$L::boolean or l.bucket < (select date_bin('1 minute', rolled_through, 'epoch') from tape_state))
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
  where g.series_id = s.id) r
  $sql$, is_kept);
  execute format($sql$
create or replace view metrics_1h (timestamp, metric_name, symbol, labels, avg, min, max, sum, count, first, last, p95, p99) as
select r.bucket, s.metric, y.symbol, s.labels, r.sum / r.count, r.min, r.max, r.sum, r.count, r.first, r.last, r.p95, r.p99
from symbols y
join series s on s.symbol_id = y.id
cross join lateral (
  select l.bucket, l.count, l.sum, l.min, l.max, l.first, l.last, l.p95, l.p99
  from metrics_1h_live l
  where l.series_id = s.id and (not %1$L::boolean or l.bucket < (select date_bin('1 hour', rolled_through, 'epoch') from tape_state))
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
  where g.series_id = s.id) r
  $sql$, is_kept);
  execute format($sql$
create or replace view bars_1m (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, b.open, b.high, b.low, b.close, b.volume, b.trades
from symbols y
cross join lateral (
  select t.bucket, t.open, t.high, t.low, t.close, t.volume, t.trades
  from trade_bars_1m t
  where t.symbol_id = y.id and t.bucket >= (select minutes_from from tape_state)
    and (not %1$L::boolean or t.bucket < (select date_bin('1 minute', rolled_through, 'epoch') from tape_state))
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
        and t.ts < (select minutes_from from tape_state))) b
  $sql$, is_kept);
  execute format($sql$
create or replace view bars_1h (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, (array_agg(b.open order by b.first_ts))[1], max(b.high), min(b.low),
  (array_agg(b.close order by b.last_ts desc))[1], sum(b.volume), case when count(b.trades) = count(*) then sum(b.trades) end
from symbols y
cross join lateral (
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_live where symbol_id = y.id
    and (not %1$L::boolean or bucket < (select date_bin('1 hour', rolled_through, 'epoch') from tape_state))
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_past where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_posted where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from growing_bars_1h where symbol_id = y.id) b
group by b.bucket, y.symbol
  $sql$, is_kept);
  execute format($sql$
create or replace view bars_1d (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, (array_agg(b.open order by b.first_ts))[1], max(b.high), min(b.low),
  (array_agg(b.close order by b.last_ts desc))[1], sum(b.volume), case when count(b.trades) = count(*) then sum(b.trades) end
from symbols y
cross join lateral (
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1d_live where symbol_id = y.id
    and (not %1$L::boolean or bucket < (select date_bin('24 hours', rolled_through, 'epoch') from tape_state))
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1d_past where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1d_posted where symbol_id = y.id
  union all
  select bucket, open, high, low, close, volume, trades, first_ts, last_ts from growing_bars_1d where symbol_id = y.id) b
group by b.bucket, y.symbol
  $sql$, is_kept);
  execute format($sql$
create or replace view growing_bars_1d as
  select h.symbol_id, date_bin('24 hours', h.bucket, 'epoch') as bucket, h.open, h.high, h.low, h.close, h.volume, h.trades,
    h.first_ts, h.last_ts
  from bars_1h_live h
  where h.bucket >= (select date_bin('24 hours', rolled_through, 'epoch') from tape_state) and %1$L::boolean
    and h.bucket < (select date_bin('1 hour', rolled_through, 'epoch') from tape_state)
  union all
  select g.symbol_id, date_bin('24 hours', g.bucket, 'epoch'), g.open, g.high, g.low, g.close, g.volume, g.trades, g.first_ts, g.last_ts
  from growing_bars_1h g
  $sql$, is_kept);
end $do$;
