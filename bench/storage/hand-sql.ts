import { ACCOUNT } from "./fill.ts";

/*
 * What somebody would write who knows the tables: no tail, no cursor, no rollups that may be stale. Rows come one by one, as
 * any client would have them.
 */

const WITHIN = `ts >= $2::timestamptz and ts < $3::timestamptz`;

/** $1 id of the series, [$2, $3) the range, $4 the step in microseconds. */
export const SERIES_OF_POINTS = `
select date_bin($4::int8 * interval '1 microsecond', ts, 'epoch') as bucket, avg(value), min(value), max(value)
from bare_points where series_id = $1 and ${WITHIN} group by 1 order by 1`;

export const P50_OF_POINTS = `
select date_bin($4::int8 * interval '1 microsecond', ts, 'epoch') as bucket,
  percentile_cont(0.5) within group (order by value)
from bare_points where series_id = $1 and ${WITHIN} group by 1 order by 1`;

export const SERIES_OF_MINUTES = `
select date_bin($4::int8 * interval '1 microsecond', bucket, 'epoch') as at, sum(sum) / sum(count), min(min), max(max)
from metrics_1m_live where series_id = $1 and ${WITHIN.replaceAll("ts ", "bucket ")} group by 1 order by 1`;

/** $1 id of the symbol, [$2, $3) the range. */
export const BARS_OF_TRADES = `
select date_bin('1 minute', ts, 'epoch') as bucket, (array_agg(price order by ts, cursor, ordinal))[1], max(price), min(price),
  (array_agg(price order by ts desc, cursor desc, ordinal desc))[1], sum(size), count(*)
from trades_live where symbol_id = $1 and ${WITHIN} group by 1 order by 1`;

/** $1 ids of the symbols, [$2, $3) the range: every pair, of log returns of the last price of each hour. */
export const CORRELATION_OF_TRADES = `
with hour as (
  select distinct on (symbol_id, date_bin('1 hour', ts, 'epoch')) symbol_id, date_bin('1 hour', ts, 'epoch') as bucket, price
  from trades_live where symbol_id = any ($1::int4[]) and ${WITHIN}
  order by symbol_id, date_bin('1 hour', ts, 'epoch'), ts desc, cursor desc, ordinal desc),
change as (
  select symbol_id, bucket, ln(price) - ln(lag(price) over (partition by symbol_id order by bucket)) as change from hour)
select a.symbol_id, b.symbol_id as other, corr(a.change, b.change)
from change a join change b on b.bucket = a.bucket and b.symbol_id > a.symbol_id group by 1, 2`;

const HELD = (moment: string) => `
cross join lateral (
  select p.quantity from position_states p
  where p.symbol_id = y.id and p.account = '${ACCOUNT}' and p.ts <= ${moment} order by p.ts desc limit 1) p`;

/** $1 names of the symbols, [$2, $3) the range: the value of an account by the minute. */
export const VALUE_ON_VIEWS = `
select b.timestamp, sum(p.quantity * b.close) as value
from bars_1m b join symbols y on y.symbol = b.symbol ${HELD("b.timestamp")}
where b.symbol = any ($1::text[]) and b.timestamp >= $2::timestamptz and b.timestamp < $3::timestamptz
group by 1 order by 1`;

export const VALUE_ON_TRADES = `
with minute as (
  select distinct on (symbol_id, date_bin('1 minute', ts, 'epoch')) symbol_id, date_bin('1 minute', ts, 'epoch') as at, price
  from trades_live
  where symbol_id in (select id from symbols where symbol = any ($1::text[])) and ${WITHIN}
  order by symbol_id, date_bin('1 minute', ts, 'epoch'), ts desc)
select b.at, sum(p.quantity * b.price) as value
from minute b join symbols y on y.id = b.symbol_id ${HELD("b.at")} group by 1 order by 1`;
