-- One name for what several tables hold together.

create view all_points as
select ts, value, cursor, series_id, ordinal from points
union all
select ts, value, cursor, series_id, ordinal from points_past;

create view all_trades as
select ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id from trades
union all
select ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id from trades_past;

-- A bucket whose raw data is gone can get more of the same time: then it has a part in both tables, and percentiles of the two
-- together nobody knows.
create view series_1m as
select l.series_id, l.bucket, l.count, l.sum, l.min, l.max, l.first, l.last, l.p95, l.p99, l.first_ts, l.last_ts, l.cursor
from metrics_1m_live l
where not exists (select from metrics_1m_past p where p.series_id = l.series_id and p.bucket = l.bucket)
union all
select p.series_id, p.bucket, p.count + coalesce(l.count, 0), p.sum + coalesce(l.sum, 0), least(p.min, l.min), greatest(p.max, l.max),
  case when l.first_ts <= p.first_ts then l.first else p.first end,
  case when l.last_ts > p.last_ts then l.last else p.last end,
  case when l.bucket is null then p.p95 end, case when l.bucket is null then p.p99 end,
  least(p.first_ts, l.first_ts), greatest(p.last_ts, l.last_ts), greatest(p.cursor, l.cursor)
from metrics_1m_past p left join metrics_1m_live l on l.series_id = p.series_id and l.bucket = p.bucket;

create view series_1h as
select l.series_id, l.bucket, l.count, l.sum, l.min, l.max, l.first, l.last, l.p95, l.p99, l.first_ts, l.last_ts, l.cursor
from metrics_1h_live l
where not exists (select from metrics_1h_past p where p.series_id = l.series_id and p.bucket = l.bucket)
union all
select p.series_id, p.bucket, p.count + coalesce(l.count, 0), p.sum + coalesce(l.sum, 0), least(p.min, l.min), greatest(p.max, l.max),
  case when l.first_ts <= p.first_ts then l.first else p.first end,
  case when l.last_ts > p.last_ts then l.last else p.last end,
  case when l.bucket is null then p.p95 end, case when l.bucket is null then p.p99 end,
  least(p.first_ts, l.first_ts), greatest(p.last_ts, l.last_ts), greatest(p.cursor, l.cursor)
from metrics_1h_past p left join metrics_1h_live l on l.series_id = p.series_id and l.bucket = p.bucket;

create view trade_bars_1m as
select l.symbol_id, l.bucket, l.open, l.high, l.low, l.close, l.volume, l.trades, l.first_ts, l.last_ts, l.cursor
from bars_1m_live l
where not exists (select from bars_1m_past p where p.symbol_id = l.symbol_id and p.bucket = l.bucket)
union all
select p.symbol_id, p.bucket, case when l.first_ts <= p.first_ts then l.open else p.open end, greatest(p.high, l.high),
  least(p.low, l.low), case when l.last_ts > p.last_ts then l.close else p.close end, p.volume + coalesce(l.volume, 0),
  p.trades + coalesce(l.trades, 0), least(p.first_ts, l.first_ts), greatest(p.last_ts, l.last_ts), greatest(p.cursor, l.cursor)
from bars_1m_past p left join bars_1m_live l on l.symbol_id = p.symbol_id and l.bucket = p.bucket;

create view trade_bars_1h as
select l.symbol_id, l.bucket, l.open, l.high, l.low, l.close, l.volume, l.trades, l.first_ts, l.last_ts, l.cursor
from bars_1h_live l
where not exists (select from bars_1h_past p where p.symbol_id = l.symbol_id and p.bucket = l.bucket)
union all
select p.symbol_id, p.bucket, case when l.first_ts <= p.first_ts then l.open else p.open end, greatest(p.high, l.high),
  least(p.low, l.low), case when l.last_ts > p.last_ts then l.close else p.close end, p.volume + coalesce(l.volume, 0),
  p.trades + coalesce(l.trades, 0), least(p.first_ts, l.first_ts), greatest(p.last_ts, l.last_ts), greatest(p.cursor, l.cursor)
from bars_1h_past p left join bars_1h_live l on l.symbol_id = p.symbol_id and l.bucket = p.bucket;

create view trade_bars_1d as
select l.symbol_id, l.bucket, l.open, l.high, l.low, l.close, l.volume, l.trades, l.first_ts, l.last_ts, l.cursor
from bars_1d_live l
where not exists (select from bars_1d_past p where p.symbol_id = l.symbol_id and p.bucket = l.bucket)
union all
select p.symbol_id, p.bucket, case when l.first_ts <= p.first_ts then l.open else p.open end, greatest(p.high, l.high),
  least(p.low, l.low), case when l.last_ts > p.last_ts then l.close else p.close end, p.volume + coalesce(l.volume, 0),
  p.trades + coalesce(l.trades, 0), least(p.first_ts, l.first_ts), greatest(p.last_ts, l.last_ts), greatest(p.cursor, l.cursor)
from bars_1d_past p left join bars_1d_live l on l.symbol_id = p.symbol_id and l.bucket = p.bucket;

-- For people who write SQL. Rollups reach to a minute or two ago, and are right within seconds after late data.
create view trading_metrics (timestamp, metric_name, value, symbol, labels) as
select p.ts, s.metric, p.value, y.symbol, s.labels
from all_points p
join series s on s.id = p.series_id
join symbols y on y.id = s.symbol_id;

create view metrics_1m (timestamp, metric_name, symbol, labels, avg, min, max, sum, count, first, last, p95, p99) as
select r.bucket, s.metric, y.symbol, s.labels, r.sum / r.count, r.min, r.max, r.sum, r.count, r.first, r.last, r.p95, r.p99
from series_1m r
join series s on s.id = r.series_id
join symbols y on y.id = s.symbol_id;

create view metrics_1h (timestamp, metric_name, symbol, labels, avg, min, max, sum, count, first, last, p95, p99) as
select r.bucket, s.metric, y.symbol, s.labels, r.sum / r.count, r.min, r.max, r.sum, r.count, r.first, r.last, r.p95, r.p99
from series_1h r
join series s on s.id = r.series_id
join symbols y on y.id = s.symbol_id;

create view bars_1m (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, b.open, b.high, b.low, b.close, b.volume, b.trades
from (
  select symbol_id, bucket, open, high, low, close, volume, trades from trade_bars_1m
  union all
  select symbol_id, bucket, open, high, low, close, volume, trades from posted_bars p
  where length_s = 60
    and not exists (select from trade_bars_1m t where t.symbol_id = p.symbol_id and t.bucket = p.bucket)) b
join symbols y on y.id = b.symbol_id;

create view bars_1h (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, (array_agg(b.open order by b.first_ts))[1], max(b.high), min(b.low),
  (array_agg(b.close order by b.last_ts desc))[1], sum(b.volume), sum(b.trades)
from (
  select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from trade_bars_1h
  union all
  select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1h_posted) b
join symbols y on y.id = b.symbol_id
group by b.bucket, y.symbol;

create view bars_1d (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, (array_agg(b.open order by b.first_ts))[1], max(b.high), min(b.low),
  (array_agg(b.close order by b.last_ts desc))[1], sum(b.volume), sum(b.trades)
from (
  select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from trade_bars_1d
  union all
  select symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts from bars_1d_posted) b
join symbols y on y.id = b.symbol_id
group by b.bucket, y.symbol;
