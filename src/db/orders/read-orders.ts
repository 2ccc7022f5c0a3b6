import type { TailOrder } from "../../core/orders/merge-states.ts";
import { rankOf } from "../../core/orders/order-state.ts";
import type { OrdersAnswer } from "../../protocol/answers/orders.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { int2s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { literal, NOTHING, param, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
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
  /** Orders that began in [fromUs, toUs), or that lived in it: from the earliest state to the newest, and on while it is open. */
  by: "began" | "lived";
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

export interface FoundOrders {
  orders: PlacedOrder[];
  /** How many are asked for, whatever page this is. */
  total: OrdersAnswer["total"];
}

/** So many orders are looked at to count those that are asked for: where there are more, the count is what there is at least. */
export const MOST_COUNTED = 50_000;

/** No moment that is taken is longer before another one than so many digits of microseconds. */
const MOST_DIGITS = 16;

/** By the beginning, the newest first, and at one moment by name. */
const IN_ORDER = sql`order by first_ts desc, order_id, venue, account`;

const LIFE = sql`first_ts, order_id, venue, account, ts, status`;

/** SQL: is a row of lives in the range? Of one that began in it both say the same. */
function isInRange({ by, fromUs, toUs }: OrdersQuery): Sql {
  const [from, to] = [timestampOf(param(fromUs)), timestampOf(param(toUs))];
  return by === "began"
    ? sql`first_ts >= ${from} and first_ts < ${to}`
    : sql`first_ts < ${to} and (ts >= ${from} or status < 3)`;
}

/** SQL: is a row of lives in the range among the asked ones? An index finds those; the orders of an account none does. */
const isFound = ({ open, id }: OrdersQuery) => sql`
  ${open ? sql`and status < 3` : NOTHING}
  ${id === null ? NOTHING : sql`and order_id = ${id}`}`;
const isOwn = ({ account }: OrdersQuery) =>
  account === null ? NOTHING : sql`and account = ${account}`;

/** SQL: is it behind the last page? */
function isBehind({ after }: OrdersQuery): Sql {
  if (after === null) return NOTHING;
  const last = timestampOf(param(after.firstUs));
  return sql`and first_ts <= ${last} and (first_ts < ${last}
    or (order_id, venue, account) > (${after.id}::text, ${after.venue}::text, ${after.account}::text))`;
}

/**
 * SQL: the lives that began before the range and were not over when it began. Those that are over are looked for by the length of
 * their lives, for no index of ours tells what two moments enclose: see migration 0028.
 */
function selectAlive({ fromUs }: OrdersQuery): Sql {
  const from = timestampOf(param(fromUs));
  const over = sql`
  select ${LIFE} from order_lives
  where symbol_id = (select id from symbol) and status >= 3
    and length((extract(epoch from ts - first_ts) * 1000000)::int8::text) = d.digits
    and first_ts < ${from} and first_ts > ${from} - power(10, d.digits) * interval '1 microsecond' and ts >= ${from}`;
  return sql`
  select ${LIFE} from order_lives where symbol_id = (select id from symbol) and status < 3 and first_ts < ${from}
  union all
  select x.* from generate_series(1, ${literal(MOST_DIGITS)}) d (digits) ${byIndex(over, sql`x`)}`;
}

/**
 * Of the tail's orders the newest state is that of the tail or of Postgres; of the others that of
 * Postgres, whose branches are cut before they are put together. What lived in the range and began
 * before it comes behind all that began in it, so it is looked for where those are too few.
 *
 * A first page that has all is its own count. Else what Postgres has is counted, which may have
 * orders of the tail: those are taken out, and counted by themselves.
 */
function selectOrders(query: OrdersQuery): Sql {
  const { symbol, tail, limit, by, fromUs, toUs, after } = query;
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
  const [inRange, found, own, behind] = [isInRange, isFound, isOwn, isBehind].map((part) =>
    part(query),
  ) as [Sql, Sql, Sql, Sql];
  const asked = sql`${found} ${own}`;
  const began = sql`symbol_id = (select id from symbol)
    and first_ts >= ${timestampOf(param(fromUs))} and first_ts < ${timestampOf(param(toUs))} ${found}`;
  const isOfTail = (lives: Sql) => sql`exists (
      select from tail t
      where (t.order_id, t.venue, t.account) = (${lives}.order_id, ${lives}.venue, ${lives}.account))`;
  const isLived = by === "lived";
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
began as (
  select ${LIFE}, null::int8 as place from order_lives
  where ${began} ${own} ${behind} and not ${isOfTail(sql`order_lives`)}
  ${IN_ORDER} limit ${limit}),
${
  isLived
    ? sql`alive as (${selectAlive(query)}),
earlier as (
  select ${LIFE}, null::int8 as place from alive
  where (select count(*) from began) < ${limit} ${asked} ${behind} and not ${isOfTail(sql`alive`)}
  ${IN_ORDER} limit ${limit}),`
    : NOTHING
}
page as (
  select * from (
    select * from began
    ${isLived ? sql`union all select * from earlier` : NOTHING}
    union all select ${LIFE}, place from joined where ${inRange} ${asked} ${behind}) o
  ${IN_ORDER} limit ${limit}),
looked as (
  select count(*) filter (where true ${own}) as orders, count(*) as rows from (
    select ${LIFE} from order_lives where ${began}
    ${isLived ? sql`union all select * from alive where true ${found}` : NOTHING}
    limit ${MOST_COUNTED}) s),
counted as (
  select case when p.is_whole then p.orders else l.orders
      - (
      select count(*) from tail t ${byIndex(
        sql`
        select from order_lives
        where (symbol_id, order_id, venue, account) = ((select id from symbol), t.order_id, t.venue, t.account)
          and ${inRange} ${asked}`,
        sql`x`,
      )})
      + (select count(*) from joined where ${inRange} ${asked}) end as orders,
    p.is_whole or l.rows < ${MOST_COUNTED} as is_exact
  from (select count(*) as orders, ${after === null ? sql`count(*) < ${limit}` : sql`false`} as is_whole from page) p
  left join looked l on not p.is_whole)
select c.orders as total, c.is_exact, ${epochUsOf(sql`p.first_ts`)} as first_us, p.order_id, p.venue, p.account, p.place, ${epochUsOf(sql`p.ts`)} as ts_us,
  (select ${ORDER_TEXT} from order_states s
   where p.place is null and (s.symbol_id, s.order_id, s.venue, s.account, s.ts, s.status)
     = ((select id from symbol), p.order_id, p.venue, p.account, p.ts, p.status)) as state
from counted c left join page p on true
order by p.first_ts desc, p.order_id, p.venue, p.account`;
}

/** The newest state of each order, from Postgres and the room's tail together, those that began last first. @throws DatabaseError */
export async function readOrders(
  db: Database,
  query: OrdersQuery,
  tag?: string,
): Promise<FoundOrders> {
  const rows = await ask(db, selectOrders(query), tag);
  const orders = rows.flatMap((row) => {
    if (row["order_id"] === null) return [];
    const told = row["place"] === null ? undefined : query.tail[Number(row["place"]) - 1];
    return [{ place: placeOf(row), newest: told?.newest ?? orderOf(row) }];
  });
  const count = Math.max(Number(rows[0]?.["total"]), orders.length);
  const kind = rows[0]?.["is_exact"] === true ? "exact" : "at_least";
  return { orders, total: { kind, count } };
}

function placeOf(row: Row): OrderPlace {
  return {
    firstUs: Number(row["first_us"]),
    id: row["order_id"] as string,
    venue: row["venue"] as string,
    account: row["account"] as string,
  };
}
