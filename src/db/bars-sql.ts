import { DAY_US, HOUR_US, MINUTE_US } from "../core/duration.ts";
import { type BarLength, chooseBars } from "../core/rollup-choice.ts";
import { INTERVAL_SECONDS, type Interval } from "../protocol/interval.ts";
import { openTail } from "./closed-hours-sql.ts";
import { keptBars } from "./kept-bars-sql.ts";
import { sumOfTrades } from "./posted-bars-sql.ts";
import { bucketOf, epochUsOf, timestampOf } from "./sql-time.ts";
import { ofEach, tradesOf } from "./stored-trades-sql.ts";

/*
 * The statements of `readBars`. Parameters of the first: $1 symbols, $2 the length of a bucket in microseconds, [$3, $4) the
 * range on bucket borders, $5 the cursors stored through, $6 to $11 the tails, each trade with the place of its symbol; where
 * the range may hold more bars of a symbol than are asked for (`isCut`), $12 how many.
 */

const KEPT_US = { "1m": MINUTE_US, "1h": HOUR_US, "1d": DAY_US };

const ASKED = `
asked as materialized (
  select a.place::int4 as place, y.id, a.stored_through
  from unnest($1::text[], $5::int8[]) with ordinality as a (symbol, stored_through, place)
  join symbols y on y.symbol = a.symbol)`;

const TAIL = `${openTail(
  "trades",
  `
  select u.place, a.id, ${timestampOf("u.ts_us")} as ts, u.price, u.size, u.nth
  from unnest($6::int4[], $7::int8[], $8::float8[], $9::float8[], $10::text[], $11::text[])
    with ordinality as u (place, ts_us, price, size, venue, trade_id, nth)
  left join asked a on a.place = u.place
  where u.trade_id = '' or not exists (
    select from all_trades t
    where t.symbol_id = a.id and t.cursor <= a.stored_through and t.ts >= $3::timestamptz and t.ts < $4::timestamptz
      and t.trade_id <> '' and t.venue = u.venue and t.trade_id = u.trade_id and t.ts = ${timestampOf("u.ts_us")})`,
  "false",
)},
tail_part as (
  select place, ${bucketOf("ts", "$2")} as bucket, min(ts) as first_ts, max(ts) as last_ts, max(price) as high,
    min(price) as low, sum(size) as volume, count(*) as trades, 3 as origin, (array_agg(price order by ts, nth))[1] as open,
    (array_agg(price order by ts desc, nth desc))[1] as close
  from tail group by 1, 2)`;

const priceAt = (moment: string, order: string) => `
    (select t.price from all_trades t
     where t.symbol_id = stored.id and t.ts = ${moment} and t.cursor <= stored.stored_through
     order by t.cursor ${order}, t.ordinal ${order} limit 1)`;

/** Bars of stored trades alone are whole as well: open and close are looked up, not sorted for. */
function storedTrades(columns: readonly BarColumn[], isCut: boolean): string {
  const looked = { open: priceAt("first_ts", "asc"), close: priceAt("last_ts", "desc") };
  const read = columns.map((name) =>
    name === "open" || name === "close" ? `${looked[name]} as ${name}` : name,
  );
  return `
stored as materialized (${ofEach(
    "asked",
    `
  select ${bucketOf("ts", "$2")} as bucket, min(ts) as first_ts, max(ts) as last_ts,
    max(price) as high, min(price) as low, sum(size) as volume, count(*) as trades
  from (${tradesOf("true")}) t
  group by 1 ${isCut ? "order by 1 desc limit $12" : ""}`,
  )}),
whole_part as materialized (
  select ${["place", "bucket", "first_ts", "last_ts", ...read].join(", ")}, 0 as origin from stored)`;
}

/** SQL: a column of bars as one text. */
export const joinedColumn = (name: BarColumn): string =>
  `string_agg(${name === "trades" ? "coalesce(trades::text, 'null')" : `${name}::text`}, ',')`;

/** What each column of a bar is of several parts. */
const OF_SEVERAL = {
  open: "(array_agg(open order by first_ts, origin))[1]",
  high: "max(high)",
  low: "min(low)",
  close: "(array_agg(close order by last_ts desc, origin desc))[1]",
  volume: "sum(volume)",
  trades: sumOfTrades,
};
export type BarColumn = keyof typeof OF_SEVERAL;

/**
 * Stored trades and the tail become parts of bars, and then one bar a bucket; one row a symbol, the oldest bar first, `nth`
 * counting buckets from $3. At the same moment the part of the later origin is later: 3 is the tail. A whole part is the bar where its bucket has
 * no other part, as nearly every one has: so only a few are sorted for their open and close.
 */
export function selectBars(
  interval: Interval,
  columns: readonly BarColumn[],
  isCut: boolean,
): string {
  const kept = chooseBars(interval);
  const lengthS = INTERVAL_SECONDS[interval];
  const isBar = kept === "raw" || lengthS * 1_000_000 === KEPT_US[kept];
  const part = ["place", "bucket", "first_ts", "last_ts", "origin", ...columns].join(", ");
  const bar = ["place", "bucket", ...columns].join(", ");
  const isOther = "(place, bucket) in (select place, bucket from other)";
  return `
with ${ASKED}, ${TAIL}, ${kept === "raw" ? storedTrades(columns, isCut) : keptBars(kept, columns)},
other as materialized (
  ${kept === "raw" ? "" : `select ${part} from other_part union all`} select ${part} from tail_part),
several as (
  select * from other
  union all
  ${
    isBar
      ? `select ${part} from whole_part where ${isOther}`
      : `select ${part.replace("bucket", `${bucketOf("bucket", "$2")} as bucket`)} from whole_part`
  }),
bar as (
  ${isBar ? `select ${bar} from whole_part where not (${isOther}) union all` : ""}
  select ${["place", "bucket", ...columns.map((name) => `${OF_SEVERAL[name]} as ${name}`)].join(", ")}
  from several group by 1, 2),
newest as (
  ${isCut ? "select * from (select *, row_number() over (partition by place order by bucket desc) as age from bar) b where age <= $12" : "select * from bar"}
  order by place, bucket)
select place, string_agg((date_part('epoch', bucket - $3::timestamptz) / ${lengthS})::int8::text, ',') as nth,
  ${columns.map((name) => `${joinedColumn(name)} as ${name}`).join(", ")}
from newest group by place`;
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
    newest("trades_live", "ts", "and cursor <= $4"),
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
