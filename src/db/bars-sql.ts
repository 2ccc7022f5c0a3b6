import { type BarLength, chooseBars } from "../core/rollup-choice.ts";
import type { Interval } from "../protocol/interval.ts";
import { keptBars } from "./kept-bars-sql.ts";
import { bucketOf, epochUsOf, timestampOf } from "./sql-time.ts";
import { tradesOf } from "./stored-trades-sql.ts";

/*
 * The statement of `readBars`. Its parameters: $1 symbol, $2 the length of a bucket in microseconds, [$3, $4) the range on
 * bucket borders, $5 the cursor stored through, $6 to $10 the tail, $11 the limit of bars.
 */

const SYMBOL = "(select id from symbol)";

const TAIL = `
symbol as materialized (select id from symbols where symbol = $1),
tail as materialized (
  select ${timestampOf("u.ts_us")} as ts, u.price, u.size, u.place
  from unnest($6::int8[], $7::float8[], $8::float8[], $9::text[], $10::text[])
    with ordinality as u (ts_us, price, size, venue, trade_id, place)
  where u.trade_id = '' or not exists (
    select from all_trades t
    where t.symbol_id = ${SYMBOL} and t.cursor <= $5 and t.trade_id <> '' and t.ts >= $3::timestamptz and t.ts < $4::timestamptz
      and t.venue = u.venue and t.trade_id = u.trade_id and t.ts = ${timestampOf("u.ts_us")})),
tail_part as (
  select ${bucketOf("ts", "$2")} as bucket, min(ts) as first_ts, max(ts) as last_ts, max(price) as high, min(price) as low,
    sum(size) as volume, count(*) as trades, 2 as place, (array_agg(price order by ts, place))[1] as open,
    (array_agg(price order by ts desc, place desc))[1] as close
  from tail group by 1)`;

/** Parts of bars of stored trades alone: open and close are looked up, not sorted for. */
const STORED_TRADES = `
stored as (
  select ${bucketOf("ts", "$2")} as bucket, min(ts) as first_ts, max(ts) as last_ts,
    max(price) as high, min(price) as low, sum(size) as volume, count(*) as trades
  from (${tradesOf("true")}) t
  group by 1 order by 1 desc limit $11),
stored_part as (
  select bucket, first_ts, last_ts, high, low, volume, trades, 0 as place,
    (select t.price from all_trades t
     where t.symbol_id = ${SYMBOL} and t.ts = first_ts and t.cursor <= $5
     order by t.cursor, t.ordinal limit 1) as open,
    (select t.price from all_trades t
     where t.symbol_id = ${SYMBOL} and t.ts = last_ts and t.cursor <= $5
     order by t.cursor desc, t.ordinal desc limit 1) as close
  from stored)`;

/** Stored trades and the tail become parts of bars, and then one bar a bucket. At the same moment the tail is later. */
export function selectBars(interval: Interval): string {
  const kept = chooseBars(interval);
  return `
with ${TAIL}, ${kept === "raw" ? STORED_TRADES : keptBars(kept)},
part as materialized (select * from stored_part union all select * from tail_part),
several as (select bucket from part group by 1 having count(*) > 1),
bar as (
  select bucket, open, high, low, close, volume, trades from part where bucket not in (select bucket from several)
  union all
  select bucket, (array_agg(open order by first_ts, place))[1], max(high), min(low),
    (array_agg(close order by last_ts desc, place desc))[1], sum(volume), sum(trades)
  from part where bucket in (select bucket from several) group by 1
  order by 1 desc limit $11)
select ${["open", "high", "low", "close", "volume", "trades"].map((name) => `string_agg(${name}::text, ',') as ${name}`).join(", ")},
  string_agg(${epochUsOf("bucket")}::text, ',') as ts
from (select * from bar order by bucket) b`;
}

/**
 * SQL: the newest moment in [$2, $3) of which there is something of the symbol $1, in the tables that `selectBars` of the interval
 * reads; of trades up to the cursor $4.
 */
export function selectOlder(interval: Interval): string {
  const kept = chooseBars(interval);
  const newest = (table: string, column: string, where = "") =>
    `(select max(${column}) from ${table} where symbol_id = (select id from symbol)
      and ${column} >= $2::timestamptz and ${column} < $3::timestamptz ${where})`;
  const trades = [
    newest("trades", "ts", "and cursor <= $4"),
    newest("trades_past", "ts", "and cursor <= $4"),
  ];
  // Not the rollups of posted bars: those may not be made yet.
  const ofBars = (length: BarLength) => [
    newest(`bars_${length}_live`, "bucket"),
    ...POSTED_LENGTHS_S[length].map((lengthS) =>
      newest("posted_bars", "bucket", `and length_s = ${lengthS}`),
    ),
  ];
  const tables = kept === "raw" ? trades : [...trades, ...ofBars(kept)];
  return `
with symbol as materialized (select id from symbols where symbol = $1)
select ${epochUsOf(`greatest(${tables.join(", ")})`)} as older_us`;
}

/** Lengths of posted bars that take part in bars of a length. */
const POSTED_LENGTHS_S: Record<BarLength, readonly number[]> = {
  "1m": [60],
  "1h": [60, 3_600],
  "1d": [60, 3_600, 86_400],
};
