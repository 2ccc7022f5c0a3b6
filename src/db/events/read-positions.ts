import type { PositionEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { float8s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { positionOf } from "./event-rows.ts";

export interface PositionsQuery {
  symbol: SymbolName;
  /** Rows in (storedThrough, tailCursor] are not read: the tail has those events. */
  storedThrough: Cursor;
  tailCursor: Cursor;
  /** The positions in that range, in the order of the log. */
  tail: readonly PositionEvent[];
  /** Accounts after this one by name, null: from the first. */
  after: string | null;
  limit: number;
}

export interface PositionsPage {
  /** By account. */
  positions: PositionEvent[];
  /** How many accounts there are, on this page or not. */
  accounts: number;
}

/**
 * Accounts are found by leaps in the primary key, as in read-position-steps.ts, and their newest
 * state by one look each.
 */
function selectPositions({
  symbol,
  storedThrough,
  tailCursor,
  tail,
  after,
  limit,
}: PositionsQuery): Sql {
  const afterAccount = param(after);
  const told = rowsOf(
    "u",
    {
      account: texts(tail.map(({ account }) => account ?? "")),
      ts_us: int8s(tail.map(({ ts }) => ts)),
      quantity: float8s(tail.map(({ quantity }) => quantity)),
      avg_price: float8s(tail.map(({ avg_price }) => avg_price ?? null)),
    },
    "place",
  );
  return sql`
with recursive symbol as (select id from symbols where symbol = ${symbol}),
holder as (
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol)) as account
  union all
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol) and p.account > h.account)
  from holder h where h.account is not null),
tail as (
  select distinct on (u.account) u.account, ${timestampOf(sql`u.ts_us`)} as ts, u.quantity, u.avg_price
  from ${told}
  order by u.account, u.ts_us desc, u.place desc),
named as (select account from holder where account is not null union select account from tail),
page as (select account from named where ${afterAccount}::text is null or account > ${afterAccount} order by account limit ${limit})
select g.account, (select count(*)::int4 from named) as accounts,
  ${epochUsOf(sql`x.ts`)} as ts_us, x.quantity, x.avg_price
from page g cross join lateral (
  select * from (
    (select p.ts, p.quantity, p.avg_price, 0 as place from position_states p
     where p.symbol_id = (select id from symbol) and p.account = g.account and (p.cursor <= ${storedThrough} or p.cursor > ${tailCursor})
     order by p.ts desc limit 1)
    union all
    select t.ts, t.quantity, t.avg_price, 1 from tail t where t.account = g.account) s
  order by s.ts desc, s.place desc limit 1) x
order by g.account`;
}

/**
 * What each account holds, from Postgres and the room's tail together; of two states at one moment
 * the one that is later in the log (INV-9). @throws DatabaseError
 */
export async function readPositions(
  db: Database,
  query: PositionsQuery,
  tag?: string,
): Promise<PositionsPage> {
  const rows = await ask(db, selectPositions(query), tag);
  const accounts = (rows[0]?.["accounts"] as number | undefined) ?? 0;
  return { positions: rows.map(positionOf), accounts };
}
