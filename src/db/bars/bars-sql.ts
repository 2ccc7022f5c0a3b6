import { type BarLength, chooseBars } from "../../core/answers/rollup-choice.ts";
import { DAY_US, HOUR_US, MINUTE_US } from "../../core/time/duration.ts";
import { INTERVAL_SECONDS, type Interval } from "../../protocol/words/interval.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { identifier, identifiers, join, literal, NOTHING, type Sql, sql } from "../driver/sql.ts";
import { bucketOf, epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { openTail } from "../store/closed-hours-sql.ts";
import type { BarsParams, MomentRange } from "./bars-params.ts";
import { SUM_OF_TRADES } from "./imported-bars-sql.ts";
import { rolledBars } from "./rolled-bars-sql.ts";
import { ofEach, tradesOf } from "./stored-trades-sql.ts";

const ROLLUP_US = { "1m": MINUTE_US, "1h": HOUR_US, "1d": DAY_US };

const askedSymbols = ({ asked }: BarsParams) => sql`
asked as materialized (
  select a.place::int4 as place, y.id, a.stored_through
  from ${asked}
  join symbols y on y.symbol = a.symbol)`;

const tailOf = ({ from, to, lengthUs, tail }: BarsParams) => sql`${openTail(
  "trades",
  sql`
  select u.place, a.id, ${timestampOf(sql`u.ts_us`)} as ts, u.price, u.size, u.nth
  from ${tail}
  left join asked a on a.place = u.place
  where u.trade_id = '' or not exists (
    select from all_trades t
    where t.symbol_id = a.id and t.cursor <= a.stored_through and t.ts >= ${from} and t.ts < ${to}
      and t.trade_id <> '' and t.venue = u.venue and t.trade_id = u.trade_id and t.ts = ${timestampOf(sql`u.ts_us`)})`,
  sql`false`,
)},
tail_part as (
  select place, ${bucketOf(sql`ts`, lengthUs)} as bucket, min(ts) as first_ts, max(ts) as last_ts, max(price) as high,
    min(price) as low, sum(size) as volume, count(*) as trades, 3 as origin, (array_agg(price order by ts, nth))[1] as open,
    (array_agg(price order by ts desc, nth desc))[1] as close
  from tail group by 1, 2)`;

const priceAt = (moment: Sql, order: Sql) => sql`
    (select t.price from all_trades t
     where t.symbol_id = stored.id and t.ts = ${moment} and t.cursor <= stored.stored_through
     order by t.cursor ${order}, t.ordinal ${order} limit 1)`;

/** Bars of stored trades alone are whole as well: open and close are looked up, not sorted for. */
function storedTrades(params: BarsParams, columns: readonly BarColumn[]): Sql {
  const { lengthUs, limit } = params;
  const looked = {
    open: priceAt(sql`first_ts`, sql`asc`),
    close: priceAt(sql`last_ts`, sql`desc`),
  };
  const read = columns.map((name) =>
    name === "open" || name === "close"
      ? sql`${looked[name]} as ${identifier(name)}`
      : identifier(name),
  );
  return sql`
stored as materialized (${ofEach(
    sql`asked`,
    sql`
  select ${bucketOf(sql`ts`, lengthUs)} as bucket, min(ts) as first_ts, max(ts) as last_ts,
    max(price) as high, min(price) as low, sum(size) as volume, count(*) as trades
  from (${tradesOf(params, sql`true`)}) t
  group by 1 ${limit === null ? NOTHING : sql`order by 1 desc limit ${limit}`}`,
  )}),
whole_part as materialized (
  select ${join([sql`place, bucket, first_ts, last_ts`, ...read])}, 0 as origin from stored)`;
}

/** SQL: a column of bars as one text, under its name. */
export function joinedColumn(name: BarColumn): Sql {
  const column = identifier(name);
  const text = name === "trades" ? sql`coalesce(trades::text, 'null')` : sql`${column}::text`;
  return sql`string_agg(${text}, ',') as ${column}`;
}

/** What each column of a bar is of several parts. */
const OF_SEVERAL = {
  open: sql`(array_agg(open order by first_ts, origin))[1]`,
  high: sql`max(high)`,
  low: sql`min(low)`,
  close: sql`(array_agg(close order by last_ts desc, origin desc))[1]`,
  volume: sql`sum(volume)`,
  trades: SUM_OF_TRADES,
};
export type BarColumn = keyof typeof OF_SEVERAL;

/**
 * Stored trades and the tail become parts of bars, and then one bar a bucket; one row a symbol, the
 * oldest bar first, `nth` counting buckets from the beginning of the range. At the same moment the
 * part of the later origin is later: 3 is the tail. A whole part is the bar where its bucket has no
 * other part, as nearly every one has: so only a few are sorted for their open and close.
 */
export function selectBars(
  params: BarsParams,
  interval: Interval,
  columns: readonly BarColumn[],
): Sql {
  const { from, lengthUs, limit } = params;
  const rollup = chooseBars(interval);
  const lengthS = INTERVAL_SECONDS[interval];
  const isBar = rollup === "raw" || lengthS * 1_000_000 === ROLLUP_US[rollup];
  const of = (bucket: Sql) =>
    join([sql`place`, bucket, ...["first_ts", "last_ts", "origin", ...columns].map(identifier)]);
  const part = of(sql`bucket`);
  const bar = identifiers(["place", "bucket", ...columns]);
  const isOther = sql`(place, bucket) in (select place, bucket from other)`;
  const bucketed = of(sql`${bucketOf(sql`bucket`, lengthUs)} as bucket`);
  return sql`
with ${askedSymbols(params)}, ${tailOf(params)}, ${rollup === "raw" ? storedTrades(params, columns) : rolledBars(params, rollup, columns)},
other as materialized (
  ${rollup === "raw" ? NOTHING : sql`select ${part} from other_part union all`} select ${part} from tail_part),
several as (
  select * from other
  union all
  ${
    isBar
      ? sql`select ${part} from whole_part where ${isOther}`
      : sql`select ${bucketed} from whole_part`
  }),
bar as (
  ${isBar ? sql`select ${bar} from whole_part where not (${isOther}) union all` : NOTHING}
  select ${join([sql`place`, sql`bucket`, ...columns.map((name) => sql`${OF_SEVERAL[name]} as ${identifier(name)}`)])}
  from several group by 1, 2),
newest as (
  ${limit === null ? sql`select * from bar` : sql`select * from (select *, row_number() over (partition by place order by bucket desc) as age from bar) b where age <= ${limit}`}
  order by place, bucket)
select place, string_agg((date_part('epoch', bucket - ${from}) / ${literal(lengthS)})::int8::text, ',') as nth,
  ${join(columns.map(joinedColumn))}
from newest group by place`;
}

/**
 * SQL: the newest moment in a range of which there is something of the symbol, in the tables that
 * `selectBars` of the interval reads; of trades up to the cursor `storedThrough`.
 */
export function selectOlder(
  interval: Interval,
  symbol: SymbolName,
  { from, to }: MomentRange,
  storedThrough: Sql,
): Sql {
  const rollup = chooseBars(interval);
  const newest = (table: Sql, column: Sql, where = NOTHING) =>
    sql`(select max(${column}) from ${table} where symbol_id = (select id from symbol)
      and ${column} >= ${from} and ${column} < ${to} ${where})`;
  const isStored = sql`and cursor <= ${storedThrough}`;
  const trades = [
    newest(sql`trades_live`, sql`ts`, isStored),
    newest(sql`trades_past`, sql`ts`, isStored),
  ];
  // Not the rollups of imported bars: those may not be made yet.
  const ofBars = (length: BarLength) => [
    newest(identifier(`bars_${length}_live`), sql`bucket`),
    ...IMPORTED_LENGTHS_S[length].map((lengthS) =>
      newest(sql`posted_bars`, sql`bucket`, sql`and length_s = ${literal(lengthS)}`),
    ),
  ];
  const tables = rollup === "raw" ? trades : [...trades, ...ofBars(rollup)];
  return sql`
with symbol as materialized (select id from symbols where symbol = ${symbol})
select ${epochUsOf(sql`greatest(${join(tables)})`)} as older_us`;
}

/** Lengths of imported bars that take part in bars of a length. */
const IMPORTED_LENGTHS_S: Record<BarLength, readonly number[]> = {
  "1m": [60],
  "1h": [60, 3_600],
  "1d": [60, 3_600, 86_400],
};
