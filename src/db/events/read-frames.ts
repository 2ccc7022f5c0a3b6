import type { TapeEvent } from "../../protocol/events/event.ts";
import { MAX_FRAME_EVENTS } from "../../protocol/events/frame.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { texts } from "../driver/rows-of.ts";
import { literal, param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf } from "../driver/sql-time.ts";
import { IS_PACKED, UNPACKED } from "../series/stored-points-sql.ts";
import type { StoredFrame } from "../store/store-frames.ts";
import { ALERT_TEXT, alertOf } from "./alert-event.ts";
import { BOOK_TEXT, bookOf, metricOf, positionOf, tradeOf } from "./event-rows.ts";
import { LOG_TEXT, logOf } from "./log-row.ts";
import { NOTE_TEXT, noteOf } from "./note-event.ts";
import { ORDER_TEXT, orderOf } from "./order-event.ts";

export interface FramesQuery {
  symbol: SymbolName;
  /** Exclusive. */
  after: Cursor;
  /** Inclusive; what is stored beyond it is not looked at. */
  upTo: Cursor;
  /**
   * Events wanted at most. Fewer than a frame holds counts as a whole frame, so that an answer
   * always moves on.
   */
  maxEvents: number;
}

export interface FramesAnswer {
  /** In order of cursor, none of them cut. */
  frames: StoredFrame[];
  /** False where the range holds more: ask again after the last frame. */
  complete: boolean;
  /** The newest cursor of what retention has dropped of the symbol; null where it has dropped nothing. */
  expiredThrough: Cursor | null;
}

/**
 * Events are found by block ranges of cursors, all symbols mixed, so a range is read in windows
 * that grow while they stay short of events: first half a second, then four times as long each.
 */
const FIRST_WINDOW_US = 500_000;
const WINDOW_GROWTH = 4;

/** Cursors after `from`, up to `to`. */
interface Window {
  from: Sql;
  to: Sql;
}

const within = ({ from, to }: Window, cursor: Sql) =>
  sql`${cursor} > ${from} and ${cursor} <= ${to}`;
const POINT = sql`p.ts, p.value, p.cursor, p.series_id, p.ordinal`;

/**
 * Points of the window, those of other symbols among them: OFFSET 0 keeps the planner from reading
 * each series whole by its primary key, for the range of cursors is the cheap way in. Of packed
 * hours, those whose cursors reach into the window. What has come late stands for the packed point
 * of its moment. (One that is stored after a later one of its moment, which only a request that
 * hung for hours can bring about, comes beside it until the Keeper has packed both.)
 */
function pointsIn(window: Window, isOwn: (symbolId: Sql) => Sql): Sql {
  const isWithin = within(window, sql`p.cursor`);
  return sql`
  select ${POINT} from points p where p.ts >= (select packed_through from tape_state) and ${isWithin}
  union all
  select ${POINT} from points_past p where ${isWithin}
  union all
  select ${POINT} from points_late p where ${isWithin}
  union all
  select ${POINT} from points_set_aside p where ${isWithin}
  union all
  select ${POINT} from (
    select k.series_id, ${UNPACKED}
    from packed_points k join series s on s.id = k.series_id
    where ${isOwn(sql`s.symbol_id`)}
      and int8range(k.first_cursor, k.last_cursor, '[]') && int8range(${window.from}, ${window.to}, '(]') and ${IS_PACKED}) p
  where ${isWithin} and not exists (
    select from points_late l
    where l.series_id = p.series_id and l.ts = p.ts and (l.cursor, l.ordinal) >= (p.cursor, p.ordinal))
  offset 0`;
}

/**
 * A row of this cursor, before all others, has in the place of its time the newest cursor of what was dropped. It comes with the
 * events, and so from the same moment: what is dropped between two statements is in the second.
 */
const OF_EXPIRED = -1;

/** Of several symbols each event is named by its own; of one alone it need not be. */
function selectEvents(of: SymbolName | readonly SymbolName[], window: Window, limit: Sql): Sql {
  const isOne = typeof of === "string";
  const asked = isOne ? sql`symbol = ${param(of)}` : sql`symbol = any (${texts(of)})`;
  const isOwn = (symbolId: Sql) =>
    isOne
      ? sql`${symbolId} = (select id from symbol)`
      : sql`${symbolId} = any (array (select id from symbol))`;
  const nameOf = (symbolId: Sql) =>
    isOne ? sql`null` : sql`(select y.symbol from symbols y where y.id = ${symbolId})`;
  return sql`
with symbol as (select id from symbols where ${asked})
(select ${literal(OF_EXPIRED)}::int8 as cursor, 0::int2 as ordinal, e.cursor as ts_us, null as metric, null as labels_key,
   null::float8 as value, null::float8 as price, null::float8 as size, null::int2 as side, null as venue, null as trade_id,
   null::float8 as quantity, null::float8 as avg_price, null as account, null as book, null as state, null as note,
   null as line, null as alert, ${nameOf(sql`e.symbol_id`)} as symbol
 from expired_cursors e where ${isOwn(sql`e.symbol_id`)})
union all
(select p.cursor, p.ordinal, ${epochUsOf(sql`p.ts`)}, s.metric, s.labels_key, p.value, null, null, null, null, null,
   null, null, null, null, null, null, null, null, ${nameOf(sql`s.symbol_id`)}
 from (${pointsIn(window, isOwn)}) p
 join series s on s.id = p.series_id
 where ${isOwn(sql`s.symbol_id`)}
 order by p.cursor, p.ordinal limit ${limit})
union all
(select t.cursor, t.ordinal, ${epochUsOf(sql`t.ts`)}, null, null, null, t.price, t.size, t.side, t.venue, t.trade_id,
   null, null, null, null, null, null, null, null, ${nameOf(sql`t.symbol_id`)}
 from (
   select * from all_trades where ${within(window, sql`cursor`)}
   union all
   select * from trades_set_aside where ${within(window, sql`cursor`)} offset 0) t
 where ${isOwn(sql`t.symbol_id`)}
 order by t.cursor, t.ordinal limit ${limit})
union all
(select q.cursor, q.ordinal, ${epochUsOf(sql`q.ts`)}, null, null, null, null, null, null, null, null,
   q.quantity, q.avg_price, q.account, null, null, null, null, null, ${nameOf(sql`q.symbol_id`)}
 from position_states q where ${isOwn(sql`q.symbol_id`)} and ${within(window, sql`q.cursor`)}
 order by q.cursor, q.ordinal limit ${limit})
union all
(select b.cursor, b.ordinal, ${epochUsOf(sql`b.ts`)}, null, null, null, null, null, null, null, null,
   null, null, null, ${BOOK_TEXT}, null, null, null, null, ${nameOf(sql`b.symbol_id`)}
 from books b where ${isOwn(sql`b.symbol_id`)} and ${within(window, sql`b.cursor`)}
 order by b.cursor, b.ordinal limit ${limit})
union all
(select o.cursor, o.ordinal, ${epochUsOf(sql`o.ts`)}, null, null, null, null, null, null, null, null,
   null, null, null, null, ${ORDER_TEXT}, null, null, null, ${nameOf(sql`o.symbol_id`)}
 from order_states o where ${isOwn(sql`o.symbol_id`)} and ${within(window, sql`o.cursor`)}
 order by o.cursor, o.ordinal limit ${limit})
union all
(select n.cursor, n.ordinal, ${epochUsOf(sql`n.ts`)}, null, null, null, null, null, null, null, null,
   null, null, null, null, null, ${NOTE_TEXT}, null, null, ${nameOf(sql`n.symbol_id`)}
 from symbol_notes n where ${isOwn(sql`n.symbol_id`)} and ${within(window, sql`n.cursor`)}
 order by n.cursor, n.ordinal limit ${limit})
union all
(select l.cursor, l.ordinal, ${epochUsOf(sql`l.ts`)}, null, null, null, null, null, null, null, null,
   null, null, null, null, null, null, ${LOG_TEXT}, null, ${nameOf(sql`l.symbol_id`)}
 from (select * from log_lines where ${within(window, sql`cursor`)} offset 0) l
 where ${isOwn(sql`l.symbol_id`)}
 order by l.cursor, l.ordinal limit ${limit})
union all
(select a.cursor, a.ordinal, ${epochUsOf(sql`a.ts`)}, null, null, null, null, null, null, null, null,
   null, null, null, null, null, null, null, ${ALERT_TEXT}, ${nameOf(sql`a.symbol_id`)}
 from alert_changes a where ${isOwn(sql`a.symbol_id`)} and ${within(window, sql`a.cursor`)}
 order by a.cursor, a.ordinal limit ${limit})
order by 1, 2 limit ${limit}`;
}

/**
 * Replay from Postgres: the events of a symbol in (after, upTo], in the order of its log. What
 * a later one of its name has replaced (INV-9), and a trade that repeats an earlier one, are not in
 * it; of books the samples alone are (SPEC D-6).
 *
 * @throws DatabaseError
 */
export async function readFrames(
  db: Database,
  query: FramesQuery,
  tag?: string,
): Promise<FramesAnswer> {
  const wanted = Math.max(query.maxEvents, MAX_FRAME_EVENTS);
  const frames: StoredFrame[] = [];
  let expiredThrough: Cursor | null = null;
  let found = 0;
  let from: number = query.after;
  let windowUs = FIRST_WINDOW_US;
  while (from < query.upTo) {
    const to = Math.min(from + windowUs, query.upTo);
    // One event more than fits tells whether the last frame is whole; and there may be a row of what was dropped.
    const limit = wanted - found + 2;
    const window = { from: param(from), to: param(to) };
    const answered = await ask(db, selectEvents(query.symbol, window, param(limit)), tag);
    const rows = answered.filter((row) => !isOfExpired(row));
    expiredThrough = expiredIn(answered);
    const isCut = answered.length === limit;
    const whole = isCut ? withoutLastFrame(rows) : rows;
    appendFrames(frames, whole);
    found += whole.length;
    if (isCut) return { frames, complete: false, expiredThrough };
    from = to;
    windowUs *= WINDOW_GROWTH;
    if (found >= wanted) return { frames, complete: from >= query.upTo, expiredThrough };
  }
  return { frames, complete: true, expiredThrough };
}

/**
 * The same of symbols whose ranges lie close together, by one statement, for to plan it takes many times as long as to run it. Null
 * where there are more than `maxEvents` in all that lies between the first and the last of the ranges.
 *
 * @throws DatabaseError
 */
export async function readFramesOfMany(
  db: Database,
  asked: readonly Omit<FramesQuery, "maxEvents">[],
  maxEvents: number,
): Promise<FramesAnswer[] | null> {
  const window = {
    from: param(Math.min(...asked.map(({ after }) => after))),
    to: param(Math.max(...asked.map(({ upTo }) => upTo))),
  };
  const symbols = asked.map(({ symbol }) => symbol);
  const most = maxEvents + symbols.length + 1;
  const rows = await ask(db, selectEvents(symbols, window, param(most)));
  if (rows.filter((row) => !isOfExpired(row)).length > maxEvents) return null;
  const rowsOf = Map.groupBy(rows, (row) => row["symbol"]);
  return asked.map(({ symbol, after, upTo }) => {
    const frames: StoredFrame[] = [];
    const own = rowsOf.get(symbol) ?? [];
    appendFrames(
      frames,
      own.filter((row) => !isOfExpired(row)),
    );
    return {
      frames: frames.filter(({ cursor }) => cursor > after && cursor <= upTo),
      complete: true,
      expiredThrough: expiredIn(own),
    };
  });
}

function isOfExpired(row: Row): boolean {
  return Number(row["cursor"]) === OF_EXPIRED;
}

function expiredIn(rows: readonly Row[]): Cursor | null {
  const row = rows.find(isOfExpired);
  return row === undefined ? null : (Number(row["ts_us"]) as Cursor);
}

function withoutLastFrame(rows: readonly Row[]): Row[] {
  const last = rows.at(-1)?.["cursor"];
  return rows.filter((row) => row["cursor"] !== last);
}

function appendFrames(frames: StoredFrame[], rows: readonly Row[]): void {
  let cursor: Cursor | undefined;
  let events: TapeEvent[] = [];
  for (const row of rows) {
    const rowCursor = Number(row["cursor"]) as Cursor;
    if (rowCursor !== cursor) {
      cursor = rowCursor;
      events = [];
      frames.push({ cursor, events });
    }
    events.push(eventOf(row));
  }
}

function eventOf(row: Row): TapeEvent {
  if (row["metric"] !== null) return metricOf(row);
  if (row["book"] !== null) return bookOf(row);
  if (row["line"] !== null) return logOf(row);
  if (row["state"] !== null) return orderOf(row);
  if (row["note"] !== null) return noteOf(row);
  if (row["alert"] !== null) return alertOf(row);
  return row["quantity"] === null ? tradeOf(row) : positionOf(row);
}
