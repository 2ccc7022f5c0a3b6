import { DAY_US, HOUR_US, MINUTE_US } from "../core/duration.ts";
import { type BarLength, chooseBars } from "../core/rollup-choice.ts";
import type { Interval } from "../protocol/interval.ts";
import { keptBars } from "./kept-bars-sql.ts";
import { bucketOf, epochUsOf, timestampOf } from "./sql-time.ts";
import { ofEach, tradesOf } from "./stored-trades-sql.ts";

/*
 * The statements of `readBars`. Parameters of the first: $1 symbols, $2 the length of a bucket in microseconds, [$3, $4) the
 * range on bucket borders, $5 the cursors stored through, $6 to $11 the tails, each trade with the place of its symbol, $12
 * the limit of bars of a symbol.
 */

const KEPT_US = { "1m": MINUTE_US, "1h": HOUR_US, "1d": DAY_US };

const ASKED = `
asked as materialized (
  select a.place::int4 as place, y.id, a.stored_through
  from unnest($1::text[], $5::int8[]) with ordinality as a (symbol, stored_through, place)
  join symbols y on y.symbol = a.symbol)`;

const TAIL = `
tail as materialized (
  select u.place, ${timestampOf("u.ts_us")} as ts, u.price, u.size, u.nth
  from unnest($6::int4[], $7::int8[], $8::float8[], $9::float8[], $10::text[], $11::text[])
    with ordinality as u (place, ts_us, price, size, venue, trade_id, nth)
  where u.trade_id = '' or not exists (
    select from asked a join all_trades t on t.symbol_id = a.id and t.cursor <= a.stored_through
    where a.place = u.place and t.ts >= $3::timestamptz and t.ts < $4::timestamptz
      and t.trade_id <> '' and t.venue = u.venue and t.trade_id = u.trade_id and t.ts = ${timestampOf("u.ts_us")})),
tail_part as (
  select place, ${bucketOf("ts", "$2")} as bucket, min(ts) as first_ts, max(ts) as last_ts, max(price) as high,
    min(price) as low, sum(size) as volume, count(*) as trades, 3 as origin, (array_agg(price order by ts, nth))[1] as open,
    (array_agg(price order by ts desc, nth desc))[1] as close
  from tail group by 1, 2)`;

const priceAt = (moment: string, order: string) => `
    (select t.price from all_trades t
     where t.symbol_id = stored.id and t.ts = ${moment} and t.cursor <= stored.stored_through
     order by t.cursor ${order}, t.ordinal ${order} limit 1)`;

/** Parts of bars of stored trades alone: open and close are looked up, not sorted for. */
const STORED_TRADES = `
stored as materialized (${ofEach(
  "asked",
  `
  select ${bucketOf("ts", "$2")} as bucket, min(ts) as first_ts, max(ts) as last_ts,
    max(price) as high, min(price) as low, sum(size) as volume, count(*) as trades
  from (${tradesOf("true")}) t
  group by 1 order by 1 desc limit $12`,
)}),
stored_part as (
  select place, bucket, first_ts, last_ts, high, low, volume, trades, 0 as origin,
    ${priceAt("first_ts", "asc")} as open, ${priceAt("last_ts", "desc")} as close
  from stored)`;

/** What each column of a bar is of several parts. */
const OF_SEVERAL = {
  open: "(array_agg(open order by first_ts, origin))[1]",
  high: "max(high)",
  low: "min(low)",
  close: "(array_agg(close order by last_ts desc, origin desc))[1]",
  volume: "sum(volume)",
  trades: "sum(trades)",
};
export type BarColumn = keyof typeof OF_SEVERAL;

/**
 * Stored trades and the tail become parts of bars, and then one bar a bucket; one row a symbol, the newest bar first. At the same
 * moment the part of the later origin is later: 3 is the tail. Of origin 0 there is one part a bucket, and
 * as a rule no other: only the others are sorted for their open and close.
 */
export function selectBars(interval: Interval, columns: readonly BarColumn[]): string {
  const kept = chooseBars(interval);
  return `
with ${ASKED}, ${TAIL}, ${kept === "raw" ? STORED_TRADES : keptBars(kept)},
part as materialized (select * from stored_part union all select * from tail_part),
several as (select place, bucket from part where ${kept === "raw" ? "origin > 0" : `origin > 0 or $2 <> ${KEPT_US[kept]}`}),
bar as (
  select ${["place", "bucket", ...columns].join(", ")} from part
  where (place, bucket) not in (select place, bucket from several)
  union all
  select ${["place", "bucket", ...columns.map((name) => OF_SEVERAL[name])].join(", ")}
  from part where (place, bucket) in (select place, bucket from several) group by 1, 2),
newest as (select *, row_number() over (partition by place order by bucket desc) as age from bar)
select place, string_agg(${epochUsOf("bucket")}::text, ',') as ts,
  ${columns.map((name) => `string_agg(${name}::text, ',') as ${name}`).join(", ")}
from newest where age <= $12 group by place`;
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
