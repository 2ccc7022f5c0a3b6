import { type LoggedEvent, TailMerge } from "../../core/tail-merge.ts";
import type { TapeEvent } from "../../protocol/event.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/time.ts";
import { numberArray } from "../driver/array-text.ts";
import { sampleOf } from "../store/book-rows.ts";
import type { Database, Row } from "../driver/database.ts";
import { BOOK_TEXT, bookOf, metricOf, positionOf, tradeOf } from "./event-rows.ts";
import { epochUsOf, momentText, timestampOf } from "../driver/sql-time.ts";
import { storedPoints } from "../series/stored-points-sql.ts";

export interface ExportQuery {
  symbol: SymbolName;
  kind: TapeEvent["kind"];
  /** Of metrics only those of this name; absent: all. */
  metric?: string | undefined;
  /** Events whose time is in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** Most rows of a page. */
  pageRows: number;
  /** Rows in (storedThrough, tailCursor] are not read: the tail has those events. */
  storedThrough: Cursor;
  tailCursor: Cursor;
  /** The events of the symbol in that range, in the order of the log. */
  tail: readonly LoggedEvent[];
}

/**
 * Every event of a symbol and a kind in a range, by time, page after page; none is empty. Memory holds a page, the tail
 * and the names of the series, whatever the range. Every event up to `tailCursor` is in it once. A point or a
 * position that replaces another while the export runs (INV-9) stands for it, though its cursor is later.
 *
 * @throws what `classifyFailure` reads.
 */
export async function* readExport(
  db: Database,
  query: ExportQuery,
  tag?: string,
): AsyncGenerator<TapeEvent[], void> {
  const tail = query.tail.filter(({ event }) => isWanted(event, query));
  const merge = new TailMerge(tail.map(asStored));
  for await (const page of PAGES[query.kind](db, query, tag)) {
    const events = merge.merge(page);
    if (events.length > 0) yield events;
  }
  const rest = merge.rest();
  if (rest.length > 0) yield rest;
}

function isWanted(event: TapeEvent, { kind, metric, fromUs, toUs }: ExportQuery): boolean {
  if (event.kind !== kind || event.ts < fromUs || event.ts >= toUs) return false;
  if (event.kind === "book") return event.sampled === true;
  return event.kind !== "metric" || metric === undefined || event.metric === metric;
}

/** As it will be read when it is in Postgres. */
function asStored(logged: LoggedEvent): LoggedEvent {
  return logged.event.kind === "book" ? { ...logged, event: sampleOf(logged.event) } : logged;
}

/**
 * By the primary key. No trade is replaced by a later one, so nothing after `storedThrough` is needed. What was set aside (SPEC
 * K-1) counts nowhere, but an export is of what was pushed.
 */
const SELECT_TRADES = `
select ${epochUsOf("ts")} as ts_us, cursor, ordinal, price, size, side, venue, trade_id
from (select * from all_trades union all select * from trades_set_aside) all_trades
where symbol_id = (select id from symbols where symbol = $1) and ts < ${timestampOf("$2")} and cursor <= $3
  and (ts, cursor, ordinal) > (${timestampOf("$4")}, $5::int8, $6::int2)
order by all_trades.ts, cursor, ordinal limit $7`;

async function* tradePages(
  db: Database,
  { symbol, fromUs, toUs, storedThrough, pageRows }: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  let after: readonly number[] = [fromUs, -1, -1];
  for (;;) {
    const params = [symbol, toUs, storedThrough, ...after, pageRows];
    const rows = await db.query(SELECT_TRADES, params, tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: tradeOf(row) }));
    if (rows.length < pageRows) return;
    after = [last["ts_us"], last["cursor"], last["ordinal"]].map(Number);
  }
}

const SELECT_SERIES = `
select s.id, s.metric, s.labels_key from series s join symbols y on y.id = s.symbol_id
where y.symbol = $1 and ($2::text is null or s.metric = $2)`;

/**
 * The next points of all series together, by (ts, series). Each series is read by the primary key and no further than
 * `$7` rows, so that what pages of many series read stays in measure; where one has more, the page ends at its last.
 */
const SELECT_POINTS = `
with page as (${storedPoints({
  series: "unnest($1::int4[]) s (id)",
  columns: "s.id, p.ts, p.value, p.cursor",
  from: "$2::timestamptz",
  to: "$4::timestamptz",
  where: "(p.ts > $2::timestamptz or s.id > $3) and (p.cursor <= $5 or p.cursor > $6)",
  only: { order: "asc", count: "$7" },
  hasSetAside: true,
})}),
cut as (select min(last) as at from (select max(ts) as last from page group by id having count(*) = $7) s)
select id, ${epochUsOf("ts")} as ts_us, value, cursor, (select at is not null from cut) as is_cut from page
where ts <= coalesce((select at from cut), 'infinity') order by ts, id limit $8`;

/** A page reads at most so many times the rows it gives. */
const MOST_READ = 32;

async function* metricPages(
  db: Database,
  query: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  const { fromUs, toUs, storedThrough, tailCursor, pageRows } = query;
  const found = await db.query(SELECT_SERIES, [query.symbol, query.metric ?? null], tag);
  if (found.length === 0) return;
  const names = new Map(found.map((row) => [Number(row["id"]), row]));
  const ids = numberArray([...names.keys()]);
  const fewest = Math.ceil(pageRows / names.size);
  const most = Math.min(pageRows, fewest * MOST_READ);
  let rowsOfEach = fewest;
  let [afterUs, afterId]: [number, number] = [fromUs, 0];
  for (;;) {
    const range = [momentText(afterUs), afterId, momentText(toUs), storedThrough, tailCursor];
    const rows = await db.query(SELECT_POINTS, [ids, ...range, rowsOfEach, pageRows], tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({
      cursor: Number(row["cursor"]) as Cursor,
      event: metricOf({ ...names.get(Number(row["id"])), ...row } as Row),
    }));
    const isCut = last["is_cut"] === true;
    if (rows.length < pageRows && !isCut) return;
    // A few busy series among many: the idle ones cost nothing, so all may be read further.
    if (rows.length < pageRows / 2) rowsOfEach = Math.min(most, rowsOfEach * 2);
    else if (rows.length === pageRows) rowsOfEach = Math.max(fewest, rowsOfEach >> 1);
    [afterUs, afterId] = [Number(last["ts_us"]), Number(last["id"])];
  }
}

/** In a range that is sorted anew for each page: positions are few, and an index by time would be one more a row. */
const SELECT_POSITIONS = `
select ${epochUsOf("ts")} as ts_us, cursor, quantity, avg_price, account from position_states
where symbol_id = (select id from symbols where symbol = $1) and ts < ${timestampOf("$2")}
  and (cursor <= $3 or cursor > $4) and ts >= ${timestampOf("$5")} 
  and ($6::text is null or ts > ${timestampOf("$5")} or account > $6)
order by position_states.ts, account limit $7`;

async function* positionPages(
  db: Database,
  { symbol, fromUs, toUs, storedThrough, tailCursor, pageRows }: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  let [afterUs, afterAccount]: [number, string | null] = [fromUs, null];
  for (;;) {
    const params = [symbol, toUs, storedThrough, tailCursor, afterUs, afterAccount, pageRows];
    const rows = await db.query(SELECT_POSITIONS, params, tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: positionOf(row) }));
    if (rows.length < pageRows) return;
    [afterUs, afterAccount] = [Number(last["ts_us"]), String(last["account"])];
  }
}

/** By the primary key, as trades: no sample is replaced by a later one. */
const SELECT_BOOKS = `
select ${epochUsOf("ts")} as ts_us, cursor, ordinal, ${BOOK_TEXT} as book from books
where symbol_id = (select id from symbols where symbol = $1) and ts < ${timestampOf("$2")} and cursor <= $3
  and (ts, cursor, ordinal) > (${timestampOf("$4")}, $5::int8, $6::int2)
order by books.ts, cursor, ordinal limit $7`;

/** A book is as long as so many other rows. */
const ROWS_OF_A_BOOK = 20;

async function* bookPages(
  db: Database,
  { symbol, fromUs, toUs, storedThrough, pageRows }: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  const limit = Math.ceil(pageRows / ROWS_OF_A_BOOK);
  let after: readonly number[] = [fromUs, -1, -1];
  for (;;) {
    const params = [symbol, toUs, storedThrough, ...after, limit];
    const rows = await db.query(SELECT_BOOKS, params, tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: bookOf(row) }));
    if (rows.length < limit) return;
    after = [last["ts_us"], last["cursor"], last["ordinal"]].map(Number);
  }
}

const PAGES = { metric: metricPages, trade: tradePages, position: positionPages, book: bookPages };
