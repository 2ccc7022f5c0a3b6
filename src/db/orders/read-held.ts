import type { PositionEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { positionOf } from "../events/event-rows.ts";

export interface HeldQuery {
  symbol: SymbolName;
  /** Of this account only, '' being the one without a name; null: of all. */
  account: string | null;
  /** What is in force at `fromUs`, and every state in (fromUs, toUs]. */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** Most states. */
  limit: number;
}

/** Accounts are found by leaps in the primary key, as in read-position-steps.ts. */
function selectHeld({ symbol, account, fromUs, toUs, limit }: HeldQuery): Sql {
  const [name, from] = [param(account), timestampOf(param(fromUs))];
  return sql`
with recursive symbol as (select id from symbols where symbol = ${symbol}),
holder as (
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol)) as account
  union all
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol) and p.account > h.account)
  from holder h where h.account is not null)
select ${epochUsOf(sql`x.ts`)} as ts_us, x.cursor, x.quantity, x.avg_price, h.account
from holder h cross join lateral (
  (select p.ts, p.cursor, p.quantity, p.avg_price from position_states p
   where p.symbol_id = (select id from symbol) and p.account = h.account and p.ts <= ${from} order by p.ts desc limit 1)
  union all
  select p.ts, p.cursor, p.quantity, p.avg_price from position_states p
  where p.symbol_id = (select id from symbol) and p.account = h.account and p.ts > ${from} and p.ts <= ${timestampOf(param(toUs))}) x
where h.account is not null and (${name}::text is null or h.account = ${name})
limit ${limit}`;
}

/** The stored positions of a range and those in force at its beginning, in no order. @throws DatabaseError */
export async function readHeld(
  db: Database,
  query: HeldQuery,
  tag?: string,
): Promise<{ cursor: Cursor; event: PositionEvent }[]> {
  const rows = await ask(db, selectHeld(query), tag);
  return rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: positionOf(row) }));
}
