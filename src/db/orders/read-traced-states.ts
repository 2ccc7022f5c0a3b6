import type { ChosenSymbols } from "../../core/logs/log-filter.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { texts } from "../driver/rows-of.ts";
import { literal, NOTHING, param, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { ORDER_TEXT, orderOf } from "../events/order-event.ts";

/**
 * The last states of orders with this correlation id before `toUs`, at most `most`.
 *
 * @throws DatabaseError
 */
export async function readTracedStates(
  db: Database,
  query: { id: string; symbols: ChosenSymbols | null; toUs: EpochUs; most: number },
  tag?: string,
): Promise<{ symbol: SymbolName; event: OrderEvent }[]> {
  const { id, symbols, toUs, most } = query;
  const also = symbols === null ? NOTHING : sql`and y.symbol = any (${texts(symbols.stored)})`;
  const rows = await ask(
    db,
    sql`
select y.symbol, ${epochUsOf(sql`s.ts`)} as ts_us, ${ORDER_TEXT} as state
from order_states s join symbols y on y.id = s.symbol_id
where s.correlation_id = ${id} and s.ts < ${timestampOf(param(toUs))} ${also}
order by s.ts desc limit ${literal(most)}`,
    tag,
  );
  return rows.map((row) => ({ symbol: row["symbol"] as SymbolName, event: orderOf(row) }));
}
