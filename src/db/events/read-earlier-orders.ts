import type { OrderEvent } from "../../protocol/events/order.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { literal, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf } from "../driver/sql-time.ts";
import { ORDER_TEXT, orderOf } from "./order-event.ts";

/** What a room knows by heart of orders. */
export interface EarlierOrders {
  /** The newest state of open orders, the one that came last standing last. */
  open: OrderEvent[];
  /** The latest moment at which one was over; null: none is. */
  overUs: EpochUs | null;
  /** The latest moment of a note, which is looked up on the way. */
  noteUs: EpochUs | null;
}

/** Looked at in the end, those of the latest moments. */
const MOST_OPEN = 10_000;

const selectOpen = (symbol: SymbolName, most: number): Sql => sql`
with symbol as (select id from symbols where symbol = ${symbol})
select ${epochUsOf(sql`s.ts`)} as ts_us, ${ORDER_TEXT} as state from (
  select symbol_id, account, venue, order_id, ts, status from order_lives
  where symbol_id = (select id from symbol) and status < 3 order by ts desc limit ${literal(MOST_OPEN)}) l
join order_states s using (symbol_id, account, venue, order_id, ts, status)
order by s.cursor desc, s.ordinal desc limit ${most}`;

const selectLast = (symbol: SymbolName): Sql => sql`
with symbol as (select id from symbols where symbol = ${symbol})
select ${epochUsOf(sql`(
    select ts from order_lives where symbol_id = (select id from symbol) and status >= 3 order by ts desc limit 1)`)} as over_us,
  ${epochUsOf(sql`(select max(ts) from symbol_notes where symbol_id = (select id from symbol))`)} as note_us`;

/** What is stored of a symbol's orders and notes, as much as a room knows by heart and one more. @throws DatabaseError */
export async function readEarlierOrders(
  db: Database,
  symbol: SymbolName,
  most: number,
): Promise<EarlierOrders> {
  const open = await ask(db, selectOpen(symbol, most));
  const [last] = await ask(db, selectLast(symbol));
  const momentOf = (us: unknown) => (us === null ? null : (Number(us) as EpochUs));
  return {
    open: open.map(orderOf).reverse(),
    overUs: momentOf(last?.["over_us"] ?? null),
    noteUs: momentOf(last?.["note_us"] ?? null),
  };
}
