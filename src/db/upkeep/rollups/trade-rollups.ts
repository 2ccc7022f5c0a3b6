import { literal, type Sql, sql } from "../../driver/sql.ts";
import { bucketOf } from "../../driver/sql-time.ts";

/** Columns of bars as they are kept, in the order of {@link tradeRollup} and {@link mergeBars}. */
export const BAR_COLUMNS = sql`symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor`;

/** SQL: rows given anew replace what is there. */
export const SETTLE_BAR = sql`on conflict (symbol_id, bucket) do update
set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
  trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts, cursor = excluded.cursor`;

/**
 * SQL: one bar a symbol and bucket out of `trades`, a row source `t` with the columns of that table
 * (SPEC B-2).
 */
export function tradeRollup(trades: Sql, lengthUs: number): Sql {
  return sql`
select t.symbol_id, ${bucketOf(sql`t.ts`, literal(lengthUs))} as bucket,
  (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1] as open, max(t.price) as high, min(t.price) as low,
  (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1] as close,
  sum(least(1e300, t.size)) as volume, count(*) as trades,
  min(t.ts) as first_ts, max(t.ts) as last_ts, max(t.cursor) as cursor
from ${trades} group by 1, 2`;
}

/**
 * SQL: one bar a symbol and bucket of `lengthUs` out of shorter ones, a row source `b` with {@link
 * BAR_COLUMNS}.
 */
export function mergeBars(bars: Sql, lengthUs: number): Sql {
  return sql`
select b.symbol_id, ${bucketOf(sql`b.bucket`, literal(lengthUs))} as bucket,
  (array_agg(b.open order by b.first_ts))[1] as open, max(b.high) as high, min(b.low) as low,
  (array_agg(b.close order by b.last_ts desc))[1] as close, sum(b.volume) as volume, sum(b.trades)::int8 as trades,
  min(b.first_ts) as first_ts, max(b.last_ts) as last_ts, max(b.cursor) as cursor
from ${bars} group by 1, 2`;
}
