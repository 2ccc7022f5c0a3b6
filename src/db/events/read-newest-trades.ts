import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf } from "../driver/sql-time.ts";
import { tradeOf } from "./event-rows.ts";

export interface NewestTradesQuery {
  symbol: SymbolName;
  /** Rows behind it are not read: the tail has those trades, and none is replaced by a later one. */
  storedThrough: Cursor;
  limit: number;
}

/** Each table is read backwards by its index of a symbol's time, and no further than the limit. */
function selectNewest({ symbol, storedThrough, limit }: NewestTradesQuery): Sql {
  const [through, most] = [param(storedThrough), param(limit)];
  const newestOf = (table: Sql) => sql`
  (select ts, cursor, ordinal, price, size, side, venue, trade_id from ${table} t
   where symbol_id = (select id from symbols where symbol = ${symbol}) and cursor <= ${through}
   order by t.ts desc, cursor desc, ordinal desc limit ${most})`;
  return sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, price, size, side, venue, trade_id
from (${newestOf(sql`trades_live`)} union all ${newestOf(sql`trades_past`)}) t
order by t.ts desc, cursor desc, ordinal desc limit ${most}`;
}

/** The newest stored trades of a symbol, the newest first, at one moment the last in the log. @throws DatabaseError */
export async function readNewestTrades(
  db: Database,
  query: NewestTradesQuery,
  tag?: string,
): Promise<LoggedEvent[]> {
  const rows = await ask(db, selectNewest(query), tag);
  return rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: tradeOf(row) }));
}
