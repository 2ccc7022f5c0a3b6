import type { BookEvent } from "../../protocol/book.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/time.ts";
import type { Database } from "../driver/database.ts";
import { BOOK_TEXT, bookOf } from "./event-rows.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";

export interface BookQuery {
  symbol: SymbolName;
  atUs: EpochUs;
  /** Later rows are not read: the tail has those events. */
  storedThrough: Cursor;
}

const SELECT = `
select ${epochUsOf("ts")} as ts_us, ${BOOK_TEXT} as book from books
where symbol_id = (select id from symbols where symbol = $1) and ts <= ${timestampOf("$2")} and cursor <= $3
order by books.ts desc, cursor desc, ordinal desc limit 1`;

/** The last stored sample of a symbol at a moment or before; null where there is none. @throws what `classifyFailure` reads. */
export async function readBookAt(
  db: Database,
  { symbol, atUs, storedThrough }: BookQuery,
  tag?: string,
): Promise<BookEvent | null> {
  const [row] = await db.query(SELECT, [symbol, atUs, storedThrough], tag);
  return row === undefined ? null : bookOf(row);
}
