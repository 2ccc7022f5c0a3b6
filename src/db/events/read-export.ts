import { type LoggedEvent, TailMerge } from "../../core/events/tail-merge.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { int4s, rowsOf } from "../driver/rows-of.ts";
import { param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, momentOf, timestampOf } from "../driver/sql-time.ts";
import { storedPoints } from "../series/stored-points-sql.ts";
import { sampleOf } from "../store/book-rows.ts";
import { BOOK_TEXT, bookOf, metricOf, positionOf, tradeOf } from "./event-rows.ts";
import { alertPages } from "./export-alerts.ts";
import { logPages } from "./export-logs.ts";
import { notePages } from "./export-notes.ts";
import { orderPages } from "./export-orders.ts";
import { isNext, type Place, placeOf } from "./export-place.ts";
import type { ExportQuery } from "./export-query.ts";

/**
 * Every event of a symbol and a kind in a range, by time, page after page; none is empty. Memory
 * holds a page, the tail and the names of the series, whatever the range. Every event up to
 * `tailCursor` is in it once. What replaces another of its name while the export runs (INV-9) stands for it, though its cursor is later.
 *
 * @throws DatabaseError
 */
export async function* readExport(
  db: Database,
  query: ExportQuery,
  tag?: string,
): AsyncGenerator<TapeEvent[], void> {
  for await (const page of readLogged(db, query, tag)) yield page.map(({ event }) => event);
}

/** The same with the cursor of each. @throws DatabaseError */
export async function* readLogged(
  db: Database,
  query: ExportQuery,
  tag?: string,
): AsyncGenerator<LoggedEvent[], void> {
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
 * No trade is replaced by a later one, so nothing after `storedThrough` is needed. What was set
 * aside (SPEC K-1) counts nowhere, but an export is of what was pushed.
 */
const selectTrades = (query: ExportQuery, after: Place): Sql => sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, ordinal, price, size, side, venue, trade_id
from (select * from all_trades union all select * from trades_set_aside) all_trades
where ${isNext(query, after)}
order by all_trades.ts, cursor, ordinal limit ${query.pageRows}`;

async function* tradePages(
  db: Database,
  query: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  let after: Place = [query.fromUs, -1, -1];
  for (;;) {
    const rows = await ask(db, selectTrades(query, after), tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: tradeOf(row) }));
    if (rows.length < query.pageRows) return;
    after = placeOf(last);
  }
}

function selectSeries({ symbol, metric }: ExportQuery): Sql {
  const name = param(metric ?? null);
  return sql`
select s.id, s.metric, s.labels_key from series s join symbols y on y.id = s.symbol_id
where y.symbol = ${symbol} and (${name}::text is null or s.metric = ${name})`;
}

/**
 * The next points of all series together, by (ts, series). Each series is read by the primary key
 * and no further than `rowsOfEach`, so that what pages of many series read stays in measure; where
 * one has more, the page ends at its last.
 */
function selectPoints(
  { toUs, storedThrough, tailCursor, pageRows }: ExportQuery,
  ids: readonly number[],
  after: { us: number; id: number },
  rowsOfEach: number,
): Sql {
  const [from, count] = [momentOf(after.us), param(rowsOfEach)];
  return sql`
with page as (${storedPoints({
    series: rowsOf("s", { id: int4s(ids) }),
    columns: sql`s.id, p.ts, p.value, p.cursor`,
    from,
    to: momentOf(toUs),
    where: sql`(p.ts > ${from} or s.id > ${after.id}) and (p.cursor <= ${storedThrough} or p.cursor > ${tailCursor})`,
    only: { order: "asc", count },
    hasSetAside: true,
  })}),
cut as (select min(last) as at from (select max(ts) as last from page group by id having count(*) = ${count}) s)
select id, ${epochUsOf(sql`ts`)} as ts_us, value, cursor, (select at is not null from cut) as is_cut from page
where ts <= coalesce((select at from cut), 'infinity') order by ts, id limit ${pageRows}`;
}

/** A page reads at most so many times the rows it gives. */
const MOST_READ = 32;

async function* metricPages(
  db: Database,
  query: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  const { fromUs, pageRows } = query;
  const found = await ask(db, selectSeries(query), tag);
  if (found.length === 0) return;
  const names = new Map(found.map((row) => [Number(row["id"]), row]));
  const ids = [...names.keys()];
  const fewest = Math.ceil(pageRows / names.size);
  const most = Math.min(pageRows, fewest * MOST_READ);
  let rowsOfEach = fewest;
  let after: { us: number; id: number } = { us: fromUs, id: 0 };
  for (;;) {
    const rows = await ask(db, selectPoints(query, ids, after, rowsOfEach), tag);
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
    after = { us: Number(last["ts_us"]), id: Number(last["id"]) };
  }
}

/**
 * In a range that is sorted anew for each page: positions are few, and an index by time would be
 * one more a row.
 */
function selectPositions(
  { symbol, toUs, storedThrough, tailCursor, pageRows }: ExportQuery,
  after: { us: number; account: string | null },
): Sql {
  const from = timestampOf(param(after.us));
  const account = param(after.account);
  return sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, quantity, avg_price, account from position_states
where symbol_id = (select id from symbols where symbol = ${symbol}) and ts < ${timestampOf(sql`${toUs}`)}
  and (cursor <= ${storedThrough} or cursor > ${tailCursor}) and ts >= ${from}
  and (${account}::text is null or ts > ${from} or account > ${account})
order by position_states.ts, account limit ${pageRows}`;
}

async function* positionPages(
  db: Database,
  query: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  let after: { us: number; account: string | null } = { us: query.fromUs, account: null };
  for (;;) {
    const rows = await ask(db, selectPositions(query, after), tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: positionOf(row) }));
    if (rows.length < query.pageRows) return;
    after = { us: Number(last["ts_us"]), account: String(last["account"]) };
  }
}

/** As trades: no sample is replaced by a later one. */
const selectBooks = (query: ExportQuery, after: Place, limit: number): Sql => sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, ordinal, ${BOOK_TEXT} as book from books
where ${isNext(query, after)}
order by books.ts, cursor, ordinal limit ${limit}`;

/** A book is as long as so many other rows. */
const ROWS_OF_A_BOOK = 20;

async function* bookPages(
  db: Database,
  query: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  const limit = Math.ceil(query.pageRows / ROWS_OF_A_BOOK);
  let after: Place = [query.fromUs, -1, -1];
  for (;;) {
    const rows = await ask(db, selectBooks(query, after, limit), tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: bookOf(row) }));
    if (rows.length < limit) return;
    after = placeOf(last);
  }
}

const PAGES = {
  ...{ metric: metricPages, trade: tradePages, position: positionPages, book: bookPages },
  ...{ order: orderPages, note: notePages, log: logPages, alert: alertPages },
};
