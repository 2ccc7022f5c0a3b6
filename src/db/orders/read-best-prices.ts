import type { BestPrices } from "../../core/orders/slippage.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { int8s, rowsOf } from "../driver/rows-of.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";

export interface BestPricesQuery {
  symbol: SymbolName;
  moments: readonly EpochUs[];
  /** Later rows are not read: the tail has those events. */
  storedThrough: Cursor;
}

const selectBest = ({ symbol, moments, storedThrough }: BestPricesQuery): Sql => sql`
select u.place, ${epochUsOf(sql`b.ts`)} as ts_us, b.bid_prices[1] as bid, b.ask_prices[1] as ask
from ${rowsOf("u", { at_us: int8s(moments) }, "place")} cross join lateral (
  select ts, bid_prices, ask_prices from books
  where symbol_id = (select id from symbols where symbol = ${symbol}) and ts <= ${timestampOf(sql`u.at_us`)} and cursor <= ${storedThrough}
  order by books.ts desc, cursor desc, ordinal desc limit 1) b`;

/** The best prices of the last stored sample at each moment or before; null where there is none. @throws DatabaseError */
export async function readBestPrices(
  db: Database,
  query: BestPricesQuery,
  tag?: string,
): Promise<(BestPrices | null)[]> {
  const found: (BestPrices | null)[] = query.moments.map(() => null);
  if (found.length === 0) return found;
  for (const row of await ask(db, selectBest(query), tag)) {
    found[Number(row["place"]) - 1] = {
      ts: Number(row["ts_us"]) as EpochUs,
      bid: row["bid"] as number | null,
      ask: row["ask"] as number | null,
    };
  }
  return found;
}
