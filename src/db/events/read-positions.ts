import type { PositionEvent } from "../../protocol/event.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { Cursor } from "../../protocol/time.ts";
import { numberArray, textArray } from "../driver/array-text.ts";
import type { Database } from "../driver/database.ts";
import { positionOf } from "./event-rows.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";

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

/** Accounts are found by leaps in the primary key, as in read-position-steps.ts, and their newest state by one look each. */
const SELECT = `
with recursive symbol as (select id from symbols where symbol = $1),
holder as (
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol)) as account
  union all
  select (select min(p.account) from position_states p where p.symbol_id = (select id from symbol) and p.account > h.account)
  from holder h where h.account is not null),
tail as (
  select distinct on (u.account) u.account, ${timestampOf("u.ts_us")} as ts, u.quantity, u.avg_price
  from unnest($4::text[], $5::int8[], $6::float8[], $7::float8[]) with ordinality
    as u (account, ts_us, quantity, avg_price, place)
  order by u.account, u.ts_us desc, u.place desc),
named as (select account from holder where account is not null union select account from tail),
page as (select account from named where $8::text is null or account > $8 order by account limit $9)
select g.account, (select count(*)::int4 from named) as accounts,
  ${epochUsOf("x.ts")} as ts_us, x.quantity, x.avg_price
from page g cross join lateral (
  select * from (
    (select p.ts, p.quantity, p.avg_price, 0 as place from position_states p
     where p.symbol_id = (select id from symbol) and p.account = g.account and (p.cursor <= $2 or p.cursor > $3)
     order by p.ts desc limit 1)
    union all
    select t.ts, t.quantity, t.avg_price, 1 from tail t where t.account = g.account) s
  order by s.ts desc, s.place desc limit 1) x
order by g.account`;

/**
 * What each account holds, from Postgres and the room's tail together; of two states at one moment the one that is later in the
 * log (INV-9). @throws what `classifyFailure` reads.
 */
export async function readPositions(
  db: Database,
  { symbol, storedThrough, tailCursor, tail, after, limit }: PositionsQuery,
  tag?: string,
): Promise<PositionsPage> {
  const rows = await db.query(
    SELECT,
    [
      ...[symbol, storedThrough, tailCursor],
      textArray(tail.map(({ account }) => account ?? "")),
      numberArray(tail.map(({ ts }) => ts)),
      numberArray(tail.map(({ quantity }) => quantity)),
      numberArray(tail.map(({ avg_price }) => avg_price ?? null)),
      ...[after, limit],
    ],
    tag,
  );
  const accounts = (rows[0]?.["accounts"] as number | undefined) ?? 0;
  return { positions: rows.map(positionOf), accounts };
}
