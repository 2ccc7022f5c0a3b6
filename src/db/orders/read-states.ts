import type { LoggedState } from "../../core/orders/merge-states.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { rowsOf, texts } from "../driver/rows-of.ts";
import { param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { ORDER_TEXT, orderOf } from "../events/order-event.ts";

/**
 * Which orders: those of a name, those that began in [fromUs, toUs), or those that had a state in [fromUs, toUs) or before and
 * after it.
 */
export type AskedOrders =
  | { kind: "named"; id: string }
  | { kind: "began" | "lived"; fromUs: EpochUs; toUs: EpochUs };

export interface StatesQuery {
  symbol: SymbolName;
  asked: AskedOrders;
  /** Of this account only, '' being the orders without one; null: of all. */
  account: string | null;
  /** States of the room's tail: of their orders all stored states are read, whenever they began. */
  tail: readonly OrderEvent[];
  /** Most states. */
  limit: number;
}

function isAsked(asked: AskedOrders): Sql {
  switch (asked.kind) {
    case "named":
      return sql`order_id = ${asked.id}`;
    case "began":
      return sql`first_ts >= ${timestampOf(param(asked.fromUs))} and first_ts < ${timestampOf(param(asked.toUs))}`;
    case "lived":
      return sql`ts >= ${timestampOf(param(asked.fromUs))} and first_ts < ${timestampOf(param(asked.toUs))}`;
    default:
      return asked satisfies never;
  }
}

/** OFFSET 0: by name each, for how many there are the planner does not know. */
function selectStates({ symbol, asked, account, tail, limit }: StatesQuery): Sql {
  const owner = param(account);
  return sql`
with symbol as (select id from symbols where symbol = ${symbol}),
named as (
  select order_id, venue, account from order_lives
  where symbol_id = (select id from symbol) and ${isAsked(asked)} and (${owner}::text is null or account = ${owner})
  union
  select u.order_id, u.venue, u.account from ${rowsOf("u", {
    order_id: texts(tail.map(({ id }) => id)),
    venue: texts(tail.map(({ venue }) => venue ?? "")),
    account: texts(tail.map(({ account: name }) => name ?? "")),
  })})
select ${epochUsOf(sql`s.ts`)} as ts_us, s.cursor, s.state
from named n cross join lateral (
  select ts, cursor, ${ORDER_TEXT} as state from order_states
  where (symbol_id, order_id, venue, account) = ((select id from symbol), n.order_id, n.venue, n.account) offset 0) s
limit ${limit}`;
}

/** All stored states of the asked orders and of those in the tail, in no order. @throws DatabaseError */
export async function readStates(
  db: Database,
  query: StatesQuery,
  tag?: string,
): Promise<LoggedState[]> {
  const rows = await ask(db, selectStates(query), tag);
  return rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: orderOf(row) }));
}
