-- Of a posted bar nobody need say how many trades it has: then that is null, and so it is of what is made of such bars. Before, it was 0,
-- which reads like a number that somebody counted.

alter table posted_bars alter column trades drop not null;
alter table bars_1h_posted alter column trades drop not null;
alter table bars_1d_posted alter column trades drop not null;

-- The Keeper makes the hours and days of these bars anew; a query that comes before makes them itself.
with unsaid as (update posted_bars set trades = null where trades = 0 returning bucket, symbol_id)
insert into stale_posted (hour, symbol_id)
select distinct date_bin('1 hour', bucket, 'epoch'), symbol_id from unsaid;

-- As in 0013, but that a sum of which a part is not known is not known.
create or replace view bars_1h (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, (array_agg(b.open order by b.first_ts))[1], max(b.high), min(b.low),
  (array_agg(b.close order by b.last_ts desc))[1], sum(b.volume), case when count(b.trades) = count(*) then sum(b.trades) end
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

create or replace view bars_1d (timestamp, symbol, open, high, low, close, volume, trades) as
select b.bucket, y.symbol, (array_agg(b.open order by b.first_ts))[1], max(b.high), min(b.low),
  (array_agg(b.close order by b.last_ts desc))[1], sum(b.volume), case when count(b.trades) = count(*) then sum(b.trades) end
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
