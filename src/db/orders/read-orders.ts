import type { TailOrder } from "../../core/orders/merge-states.ts";
import { rankOf } from "../../core/orders/order-state.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { int2s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { NOTHING, param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { ORDER_TEXT, orderOf } from "../events/order-event.ts";

/** Where a page of orders begins: behind the one that began at `firstUs`, by its name. */
export interface OrderPlace {
  firstUs: number;
  id: string;
  venue: string;
  account: string;
}

export interface OrdersQuery {
  symbol: SymbolName;
  /** What the room's tail says of the orders in it. */
  tail: readonly TailOrder[];
  /** Orders that began in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  open: boolean;
  /** Null: of all. '' is the orders without an account. */
  account: string | null;
  id: string | null;
  after: OrderPlace | null;
  limit: number;
}

export interface PlacedOrder {
  place: OrderPlace;
  newest: OrderEvent;
}

/** By the beginning, the newest first, and at one moment by name. */
const IN_ORDER = sql`order by first_ts desc, order_id, venue, account`;

/** SQL: is a row of lives among the asked ones, and behind the last page? */
function isAsked({ fromUs, toUs, open, account, id, after }: OrdersQuery): Sql {
  const last = timestampOf(param(after?.firstUs ?? 0));
  return sql`first_ts >= ${timestampOf(param(fromUs))} and first_ts < ${timestampOf(param(toUs))}
  ${open ? sql`and status < 3` : NOTHING}
  ${account === null ? NOTHING : sql`and account = ${account}`}
  ${id === null ? NOTHING : sql`and order_id = ${id}`}
  ${
    after === null
      ? NOTHING
      : sql`and first_ts <= ${last} and (first_ts < ${last} or ((order_id, venue, account) > (${after.id}::text, ${after.venue}::text, ${after.account}::text)))`
  }`;
}

/**
 * Of the tail's orders the newest state is that of the tail or of Postgres; of the others that of
 * Postgres, whose branch is cut before the two are put together.
 */
function selectOrders(query: OrdersQuery): Sql {
  const { symbol, tail, limit } = query;
  const told = rowsOf(
    "u",
    {
      first_us: int8s(tail.map(({ firstUs }) => firstUs)),
      ts_us: int8s(tail.map(({ newest }) => newest.ts)),
      status: int2s(tail.map(({ newest }) => rankOf(newest.status))),
      order_id: texts(tail.map(({ newest }) => newest.id)),
      venue: texts(tail.map(({ newest }) => newest.venue ?? "")),
      account: texts(tail.map(({ newest }) => newest.account ?? "")),
    },
    "place",
  );
  const asked = isAsked(query);
  return sql`
with symbol as (select id from symbols where symbol = ${symbol}),
tail as materialized (
  select ${timestampOf(sql`u.first_us`)} as first_ts, ${timestampOf(sql`u.ts_us`)} as ts, u.status, u.order_id, u.venue, u.account,
    u.place
  from ${told}),
joined as (
  select least(t.first_ts, l.first_ts) as first_ts, t.order_id, t.venue, t.account,
    case when t.is_newest then t.ts else l.ts end as ts, case when t.is_newest then t.status else l.status end as status,
    case when t.is_newest then t.place end as place
  from (
    select t.*, not exists (
      select from order_lives l
      where (l.symbol_id, l.order_id, l.venue, l.account) = ((select id from symbol), t.order_id, t.venue, t.account)
        and (l.ts, l.status) > (t.ts, t.status)) as is_newest
    from tail t) t
  left join order_lives l
    on (l.symbol_id, l.order_id, l.venue, l.account) = ((select id from symbol), t.order_id, t.venue, t.account)),
stored as (
  select first_ts, order_id, venue, account, ts, status, null::int8 as place from order_lives
  where symbol_id = (select id from symbol) and ${asked}
    and not exists (
      select from tail t
      where (t.order_id, t.venue, t.account) = (order_lives.order_id, order_lives.venue, order_lives.account))
  ${IN_ORDER} limit ${limit}),
page as (
  select * from (select * from stored union all select * from joined where ${asked}) o
  ${IN_ORDER} limit ${limit})
select ${epochUsOf(sql`p.first_ts`)} as first_us, p.order_id, p.venue, p.account, p.place, ${epochUsOf(sql`p.ts`)} as ts_us,
  (select ${ORDER_TEXT} from order_states s
   where p.place is null and (s.symbol_id, s.order_id, s.venue, s.account, s.ts, s.status)
     = ((select id from symbol), p.order_id, p.venue, p.account, p.ts, p.status)) as state
from page p
order by p.first_ts desc, p.order_id, p.venue, p.account`;
}

/** The newest state of each order, from Postgres and the room's tail together, those that began last first. @throws DatabaseError */
export async function readOrders(
  db: Database,
  query: OrdersQuery,
  tag?: string,
): Promise<PlacedOrder[]> {
  const rows = await ask(db, selectOrders(query), tag);
  return rows.map((row) => {
    const told = row["place"] === null ? undefined : query.tail[Number(row["place"]) - 1];
    return { place: placeOf(row), newest: told?.newest ?? orderOf(row) };
  });
}

function placeOf(row: Row): OrderPlace {
  return {
    firstUs: Number(row["first_us"]),
    id: row["order_id"] as string,
    venue: row["venue"] as string,
    account: row["account"] as string,
  };
}
