import { tradeKey } from "../../core/events/encode-events.ts";
import { DAY_US, HOUR_US, MINUTE_US } from "../../core/time/duration.ts";
import type { AlertEvent } from "../../protocol/events/alert.ts";
import type { Bar } from "../../protocol/events/bar.ts";
import type { BookEvent } from "../../protocol/events/book.ts";
import type { MetricEvent, PositionEvent, TradeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { readBarsOfMany } from "../bars/read-bars.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { texts } from "../driver/rows-of.ts";
import { literal, NOTHING, param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, minuteOf, momentOf } from "../driver/sql-time.ts";
import { IS_PACKED, IS_ROW } from "../series/stored-points-sql.ts";
import { BOOK_TEXT, bookOf, metricOf, positionOf, tradeOf } from "./event-rows.ts";
import { minutesOfTrades } from "./minutes-of-trades.ts";
import { readEarlierAlerts } from "./read-earlier-alerts.ts";
import { type EarlierOrders, readEarlierOrders } from "./read-earlier-orders.ts";
import type { LifeKinds, readLifeKinds } from "./read-life-kinds.ts";

/** A bar of trades, with the moments its open and its close were traded at. */
export type StoredMinute = Bar & { openedAtUs: EpochUs; closedAtUs: EpochUs };

/** What Postgres has of a symbol whose room is new: as much as a room knows by heart. */
export interface EarlierLife {
  /** The last point of each series, the one that came last standing last. */
  metrics: MetricEvent[];
  trade: TradeEvent | null;
  /** Identities of the newest trades, oldest first. */
  tradeKeys: string[];
  /** 1 m bars from `minutesFromUs` on, oldest first. */
  minutes: StoredMinute[];
  minutesFromUs: EpochUs | null;
  /** 1 h bars of the day before the last trade, oldest first. */
  hours: Bar[];
  /** The newest of each account, the one that came last standing last. */
  positions: PositionEvent[];
  /** Absent where a version tells it that knew no orders. */
  orders?: EarlierOrders;
  /** The last change of each alert that is pending or firing. Absent where a version tells it that knew no alerts. */
  alerts?: AlertEvent[];
  /** The last sample, and where it is: at the latest moment of all samples. */
  book: { sample: BookEvent; place: { cursor: Cursor; ts: EpochUs } } | null;
}

export interface EarlierLimits {
  series: number;
  accounts: number;
  orders: number;
  trades: number;
  minutes: number;
}

/**
 * Looked at in the end: where a symbol has more, the room's snapshot is cut anyway, and a look at
 * all of them takes minutes.
 */
const MOST_SERIES = 5_000;
const MOST_ACCOUNTS = 10_000;

/** SQL, of a symbol in one parameter: its id, its rows, and the rows of its series. */
interface OfSymbol {
  id: Sql;
  isOwn: Sql;
  isOfSeries: Sql;
}

function ofSymbol(symbol: SymbolName): OfSymbol {
  const id = sql`select id from symbols where symbol = ${param(symbol)}`;
  const isOwn = sql`symbol_id = (${id})`;
  return { id, isOwn, isOfSeries: sql`series_id in (select id from series where ${isOwn})` };
}

/** A symbol, and a cursor that something of it is looked for behind. */
export interface NewestAsked {
  symbol: SymbolName;
  after: Cursor;
}

function selectNewest(asked: readonly NewestAsked[]): Sql {
  const after = param(Math.min(...asked.map((one) => one.after)));
  const ids = sql`select id from symbols where symbol = any (${texts(asked.map(({ symbol }) => symbol))})`;
  const isOwn = sql`t.symbol_id in (${ids})`;
  // OFFSET 0: the range of cursors is the cheap way in, and as a rule nothing is in it.
  const newer = (table: Sql) => sql`(select * from ${table} where cursor > ${after} offset 0) t`;
  const points = (table: Sql) => sql`
  select s.symbol_id, t.cursor from ${newer(table)} join series s on s.id = t.series_id where s.symbol_id in (${ids})`;
  return sql`
select y.symbol, max(c.cursor) as cursor from symbols y join (
  ${points(sql`points`)}
  union all ${points(sql`points_past`)}
  union all ${points(sql`points_late`)}
  union all select s.symbol_id, k.last_cursor from packed_points k join series s on s.id = k.series_id
    where int8range(k.first_cursor, k.last_cursor, '[]') && int8range(${after}, null, '()') and s.symbol_id in (${ids})
  union all select t.symbol_id, t.cursor from ${newer(sql`all_trades`)} where ${isOwn}
  union all select t.symbol_id, t.cursor from position_states t where ${isOwn} and t.cursor > ${after}
  union all select t.symbol_id, t.cursor from books t where ${isOwn} and t.cursor > ${after}
  union all select t.symbol_id, t.cursor from order_states t where ${isOwn} and t.cursor > ${after}
  union all select t.symbol_id, t.cursor from symbol_notes t where ${isOwn} and t.cursor > ${after}
  union all select t.symbol_id, t.cursor from alert_changes t where ${isOwn} and t.cursor > ${after}
  union all select t.symbol_id, t.cursor from ${newer(sql`log_lines`)} where ${isOwn}) c on c.symbol_id = y.id
group by y.symbol`;
}

/**
 * The newest cursor of each symbol beyond its `after`, or null: a log that begins anew must begin
 * behind it, which its clock does not see to where it is behind the one of before. Of many together,
 * for to plan it takes ten times as long as to do it. @throws DatabaseError
 */
export async function readNewestCursors(
  db: Database,
  asked: readonly NewestAsked[],
): Promise<(Cursor | null)[]> {
  if (asked.length === 0) return [];
  const rows = await ask(db, selectNewest(asked));
  const newest = new Map(rows.map((row) => [row["symbol"], Number(row["cursor"]) as Cursor]));
  return asked.map(({ symbol, after }) => {
    const cursor = newest.get(symbol);
    return cursor !== undefined && cursor > after ? cursor : null;
  });
}

/** The same of one. @throws DatabaseError */
export async function readNewestCursor(
  db: Database,
  symbol: SymbolName,
  after: Cursor,
): Promise<Cursor | null> {
  const [newest] = await readNewestCursors(db, [{ symbol, after }]);
  return newest ?? null;
}

const TRADE = sql`ts, price, size, side, venue, trade_id, cursor, ordinal`;
const selectTrades = ({ isOwn }: OfSymbol, through: Sql, most: Sql): Sql => sql`
select ${epochUsOf(sql`ts`)} as ts_us, price, size, side, venue, trade_id from (
  (select ${TRADE} from trades_live where ${isOwn} and cursor <= ${through} order by trades_live.ts desc, cursor desc, ordinal desc limit ${most})
  union all
  (select ${TRADE} from trades_past where ${isOwn} and cursor <= ${through} order by trades_past.ts desc, cursor desc, ordinal desc limit ${most})) t
order by t.ts desc, cursor desc, ordinal desc limit ${most}`;

const selectMinutes = ({ isOwn }: OfSymbol, through: Sql, fromUs: EpochUs): Sql => {
  const from = momentOf(fromUs);
  return sql`
select ${epochUsOf(minuteOf(sql`ts`))} as bucket_us, (array_agg(price order by ts, cursor, ordinal))[1] as open,
  max(price) as high, min(price) as low, (array_agg(price order by ts desc, cursor desc, ordinal desc))[1] as close,
  sum(size) as volume, count(*)::int4 as trades, ${epochUsOf(sql`min(ts)`)} as opened_us, ${epochUsOf(sql`max(ts)`)} as closed_us
from (
  select ts, price, size, cursor, ordinal from trades_live where ${isOwn} and ts >= ${from} and cursor <= ${through}
  union all
  select ts, price, size, cursor, ordinal from trades_past where ${isOwn} and ts >= ${from} and cursor <= ${through}) t
group by 1 order by 1`;
};

/**
 * Accounts are found by leaps in the primary key
 * (https://wiki.postgresql.org/wiki/Loose_indexscan).
 */
const selectPositions = ({ id }: OfSymbol, most: number): Sql => sql`
with recursive symbol as (${id}),
holder as (
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol)) as account
  union all
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol) and p.account > h.account)
  from holder h where h.account is not null)
select ${epochUsOf(sql`x.ts`)} as ts_us, x.quantity, x.avg_price, x.account
from (select account from holder limit ${literal(MOST_ACCOUNTS)}) h cross join lateral (
  select p.* from position_states p where p.symbol_id = (select id from symbol) and p.account = h.account
  order by p.ts desc limit 1) x
where h.account is not null
order by x.cursor desc, x.ordinal desc limit ${most}`;

const selectBook = ({ isOwn }: OfSymbol, through: Sql): Sql => sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, ${BOOK_TEXT} as book,
  (select ${epochUsOf(sql`max(ts)`)} from books where ${isOwn} and cursor <= ${through}) as latest_us from books
where ${isOwn} and cursor <= ${through} order by books.cursor desc, ordinal desc limit 1`;

const newestOf = (table: Sql, also: Sql) => sql`
  (select p.ts, p.value, p.cursor, p.ordinal from ${table} p where p.series_id = s.id ${also} order by p.ts desc limit 1)`;

const selectPoints = ({ isOwn }: OfSymbol, most: number): Sql => sql`
select ${epochUsOf(sql`x.ts`)} as ts_us, s.metric, s.labels_key, x.value
from (select * from series where ${isOwn} order by id desc limit ${literal(MOST_SERIES)}) s cross join lateral (
  select * from (
    ${newestOf(sql`points`, sql`and ${IS_ROW}`)}
    union all ${newestOf(sql`points_late`, NOTHING)}
    union all ${newestOf(sql`points_past`, NOTHING)}
    union all
    (select k.ts[k.count], k.value[k.count], k.cursor[k.count], k.ordinal[k.count] from packed_points k
     where k.series_id = s.id and ${IS_PACKED} order by k.hour desc limit 1)) p
  order by p.ts desc, p.cursor desc, p.ordinal desc limit 1) x
order by x.cursor desc, x.ordinal desc limit ${most}`;

/** The hour of a symbol's last trade up to a cursor. */
export interface LastHour {
  symbol: SymbolName;
  through: Cursor;
  hourUs: EpochUs;
}

/** The 1 h bars of the day that ends with that hour, of many together as in {@link readNewestCursors}. @throws DatabaseError */
export async function readHoursBefore(db: Database, asked: readonly LastHour[]): Promise<Bar[][]> {
  const bars = new Map<LastHour, Bar[]>();
  for (const [hourUs, ofHour] of Map.groupBy(asked, (one) => one.hourUs)) {
    const range = {
      ...({ interval: "1h", fromUs: (hourUs - DAY_US + HOUR_US) as EpochUs } as const),
      ...{ toUs: (hourUs + HOUR_US) as EpochUs, limit: 24 },
    };
    const symbols = ofHour.map(({ symbol, through }) => ({
      ...{ symbol, storedThrough: through, tail: [] },
    }));
    const found = await readBarsOfMany(db, symbols, range);
    for (const [at, one] of ofHour.entries()) bars.set(one, found[at] ?? []);
  }
  return asked.map((one) => bars.get(one) ?? []);
}

/** What of an earlier life is read together with those of others: {@link readHoursBefore}, {@link readLifeKinds}. */
export interface ReadTogether {
  hours(asked: LastHour): Promise<Bar[]>;
  kinds(symbol: SymbolName): Promise<LifeKinds>;
}

/**
 * What is stored up to the cursor `through`; of points, positions and orders also what is later, which the
 * log has as well.
 *
 * @throws DatabaseError
 */
export async function readEarlierLife(
  db: Database,
  symbol: SymbolName,
  through: Cursor,
  limits: EarlierLimits,
  together: ReadTogether,
): Promise<EarlierLife> {
  const of = ofSymbol(symbol);
  const upTo = param(through);
  const has = await together.kinds(symbol);
  const points = has.points ? await ask(db, selectPoints(of, limits.series)) : [];
  const positions = has.positions ? await ask(db, selectPositions(of, limits.accounts)) : [];
  const orders = has.orders ? await readEarlierOrders(db, symbol, limits.orders) : NO_ORDERS;
  const [book] = has.books ? await ask(db, selectBook(of, upTo)) : [];
  const trades = (await ask(db, selectTrades(of, upTo, param(limits.trades)))).map(tradeOf);
  return {
    metrics: points.map(metricOf).reverse(),
    positions: positions.map(positionOf).reverse(),
    orders,
    alerts: has.alerts ? await readEarlierAlerts(db, symbol) : [],
    book: book === undefined ? null : { sample: bookOf(book), place: placeOf(book) },
    trade: trades[0] ?? null,
    tradeKeys: trades.flatMap((trade) => tradeKey(trade) ?? []).reverse(),
    ...(await readBarsBefore(db, { symbol, through, trades }, limits, together)),
  };
}

/** The latest trade that is stored up to `through`; of those of one moment the one that came last. @throws DatabaseError */
export async function readLastTrade(
  db: Database,
  symbol: SymbolName,
  through: Cursor,
): Promise<TradeEvent | null> {
  const [row] = await ask(db, selectTrades(ofSymbol(symbol), param(through), param(1)));
  return row === undefined ? null : tradeOf(row);
}

const NO_ORDERS: EarlierOrders = { open: [], overUs: null, noteUs: null };

function placeOf(row: Row): { cursor: Cursor; ts: EpochUs } {
  return { cursor: Number(row["cursor"]) as Cursor, ts: Number(row["latest_us"]) as EpochUs };
}

async function readBarsBefore(
  db: Database,
  { symbol, through, trades }: { symbol: SymbolName; through: Cursor; trades: TradeEvent[] },
  limits: EarlierLimits,
  together: ReadTogether,
): Promise<Pick<EarlierLife, "minutes" | "minutesFromUs" | "hours">> {
  const [last] = trades;
  if (last === undefined) return { minutes: [], minutesFromUs: null, hours: [] };
  const minuteUs = Math.floor(last.ts / MINUTE_US) * MINUTE_US;
  const minutesFromUs = (minuteUs - (limits.minutes - 1) * MINUTE_US) as EpochUs;
  // Most symbols that are read have few trades, and to plan one statement more takes longer than to run it.
  const hasAll = trades.length < limits.trades;
  const minutes = hasAll
    ? minutesOfTrades(trades, minutesFromUs)
    : (await ask(db, selectMinutes(ofSymbol(symbol), param(through), minutesFromUs))).map(
        minuteRow,
      );
  const hourUs = (Math.floor(last.ts / HOUR_US) * HOUR_US) as EpochUs;
  const hours = await together.hours({ symbol, through, hourUs });
  return { minutes, minutesFromUs, hours };
}

function minuteRow(row: Row): StoredMinute {
  return {
    ts: Number(row["bucket_us"]) as EpochUs,
    ...{ open: row["open"] as number, high: row["high"] as number },
    ...{ low: row["low"] as number, close: row["close"] as number },
    ...{ volume: row["volume"] as number, trades: row["trades"] as number },
    openedAtUs: Number(row["opened_us"]) as EpochUs,
    closedAtUs: Number(row["closed_us"]) as EpochUs,
  };
}
