import type { BookEvent } from "../../protocol/events/book.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { BOOK_TEXT, bookOf } from "./event-rows.ts";

export interface BookQuery {
  symbol: SymbolName;
  atUs: EpochUs;
  /** Later rows are not read: the tail has those events. */
  storedThrough: Cursor;
}

const selectBook = ({ symbol, atUs, storedThrough }: BookQuery): Sql => sql`
select ${epochUsOf(sql`ts`)} as ts_us, ${BOOK_TEXT} as book from books
where symbol_id = (select id from symbols where symbol = ${symbol}) and ts <= ${timestampOf(sql`${atUs}`)} and cursor <= ${storedThrough}
order by books.ts desc, cursor desc, ordinal desc limit 1`;

/**
 * The last stored sample of a symbol at a moment or before; null where there is none. @throws
 * DatabaseError
 */
export async function readBookAt(
  db: Database,
  query: BookQuery,
  tag?: string,
): Promise<BookEvent | null> {
  const [row] = await ask(db, selectBook(query), tag);
  return row === undefined ? null : bookOf(row);
}
