import type { AccountSteps } from "../../core/attribution/symbol-pnl.ts";
import type { PositionEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import { numbersOf, optionalNumbersOf } from "../driver/columns.ts";
import type { Database } from "../driver/database.ts";
import { float8s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { NOTHING, param, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";

/** A symbol whose positions are asked for, and what its room has of them. */
export interface AskedSymbol {
  symbol: SymbolName;
  /** Rows in (storedThrough, tailCursor] are not read: the tail has those events. */
  storedThrough: Cursor;
  tailCursor: Cursor;
  /** The positions in that range, in the order of the log. */
  tail: readonly PositionEvent[];
}

export interface PositionStepsQuery {
  symbols: readonly AskedSymbol[];
  /** Of this account only, '' being the one without a name; null: of all. */
  account: string | null;
  /** What is in force at `fromUs`, and every change in (fromUs, toUs]. */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** Most steps of all symbols together. */
  limit: number;
}

/**
 * By symbol, in the order asked, the steps of each account by its name. `too_many`: there are more
 * steps than the limit.
 */
export type PositionSteps =
  | { kind: "steps"; bySymbol: ReadonlyMap<string, AccountSteps>[] }
  | { kind: "too_many" };

/** How many states are stored in (fromUs, toUs], repeated ones too; no more than `most` are looked for. */
export async function countPositionStates(
  db: Database,
  { symbols, account, fromUs, toUs }: Omit<PositionStepsQuery, "limit">,
  most: number,
  tag?: string,
): Promise<number> {
  const states = sql`
select from position_states p
where p.symbol_id = y.id and p.ts > ${timestampOf(param(fromUs))} and p.ts <= ${timestampOf(param(toUs))}
  ${account === null ? NOTHING : sql`and p.account = ${account}`}`;
  const names = texts(symbols.map(({ symbol }) => symbol));
  const [row] = await ask(
    db,
    sql`
select count(*) as states from (
  select from symbols y ${byIndex(states, sql`x`)} where y.symbol = any (${names}) limit ${most}) s`,
    tag,
  );
  return Number(row?.["states"]);
}

/*
 * Accounts of a symbol are found by leaps in the primary key
 * (https://wiki.postgresql.org/wiki/Loose_indexscan), and what was in force before the range by one
 * look for each of them, however many states came before. A state that repeats the one before it is
 * no step; that can only be told when the tail is among the stored ones, for it may come between
 * them.
 */
function selectSteps({ symbols, account, fromUs, toUs, limit }: PositionStepsQuery): Sql {
  const [name, from, to] = [param(account), param(fromUs), param(toUs)];
  const tailCursors = int8s(symbols.map(({ tailCursor }) => tailCursor));
  const tail = symbols.flatMap((asked, at) =>
    asked.tail
      .filter((one) => one.ts <= toUs && (account === null || (one.account ?? "") === account))
      .map((position) => ({ place: at + 1, position })),
  );
  const asked = rowsOf(
    "a",
    {
      symbol: texts(symbols.map(({ symbol }) => symbol)),
      stored_through: int8s(symbols.map(({ storedThrough }) => storedThrough)),
      tail_cursor: tailCursors,
    },
    "place",
  );
  const told = rowsOf(
    "u",
    {
      place: int4s(tail.map(({ place }) => place)),
      account: texts(tail.map(({ position }) => position.account ?? "")),
      ts_us: int8s(tail.map(({ position }) => position.ts)),
      quantity: float8s(tail.map(({ position }) => position.quantity)),
      avg_price: float8s(tail.map(({ position }) => position.avg_price ?? null)),
    },
    "tail_place",
  );
  return sql`
with recursive asked as (
  select a.place::int4 as place, y.id, a.stored_through, a.tail_cursor
  from ${asked}
  join symbols y on y.symbol = a.symbol),
holder as (
  select asked.*, (select min(p.account) from position_states p where p.symbol_id = asked.id) as account from asked
  union all
  select h.place, h.id, h.stored_through, h.tail_cursor,
    (select min(p.account) from position_states p where p.symbol_id = h.id and p.account > h.account)
  from holder h where h.account is not null),
wanted as (
  select * from holder where account is not null and (${name}::text is null or account = ${name})),
state as (
  select w.place, w.account, s.ts, s.quantity, s.avg_price, s.cursor, 0 as tail_place
  from wanted w cross join lateral (
    (select p.ts, p.quantity, p.avg_price, p.cursor from position_states p
     where p.symbol_id = w.id and p.account = w.account and p.ts <= ${timestampOf(from)}
       and (p.cursor <= w.stored_through or p.cursor > w.tail_cursor)
     order by p.ts desc limit 1)
    union all
    select p.ts, p.quantity, p.avg_price, p.cursor from position_states p
    where p.symbol_id = w.id and p.account = w.account and p.ts > ${timestampOf(from)} and p.ts <= ${timestampOf(to)}
      and (p.cursor <= w.stored_through or p.cursor > w.tail_cursor)) s
  union all
  select u.place, u.account, ${timestampOf(sql`u.ts_us`)}, u.quantity, u.avg_price, a.tail_cursor, u.tail_place::int4
  from ${told}
  join ${rowsOf("a", { tail_cursor: tailCursors }, "place")} on a.place = u.place),
single as (
  select distinct on (place, account, ts) * from state order by place, account, ts, cursor desc, tail_place desc),
compared as (
  select *, lead(ts) over moments as next_ts, row_number() over moments as nth,
    lag(quantity) over moments as quantity_before, lag(avg_price) over moments as avg_price_before
  from single window moments as (partition by place, account order by ts)),
step as (
  select place, account, ts, quantity, avg_price from compared
  where case
    when ts <= ${timestampOf(from)} then next_ts is null or next_ts > ${timestampOf(from)}
    else nth = 1 or quantity <> quantity_before or avg_price is distinct from avg_price_before end
  limit ${limit + 1})
select place, account, string_agg(${epochUsOf(sql`ts`)}::text, ',') as ts, string_agg(quantity::text, ',') as quantity,
  string_agg(coalesce(avg_price::text, 'null'), ',') as avg_price
from (select * from step order by place, account, ts) s group by place, account order by place, account`;
}

/**
 * The position in force at the beginning and each change of it, from Postgres and the rooms
 * together; of two at one moment the one that is later in the log (INV-9). One that replaces
 * another of its moment while this is read stands for it, though its cursor is later: the old row
 * is gone.
 *
 * @throws DatabaseError
 */
export async function readPositionSteps(
  db: Database,
  query: PositionStepsQuery,
  tag?: string,
): Promise<PositionSteps> {
  const { symbols, limit } = query;
  const rows = await ask(db, selectSteps(query), tag);
  const bySymbol = symbols.map(() => new Map<string, AccountSteps>());
  let count = 0;
  for (const row of rows) {
    const ts = numbersOf(row["ts"]) as EpochUs[];
    const quantities = numbersOf(row["quantity"]);
    const avgPrices = optionalNumbersOf(row["avg_price"]);
    count += ts.length;
    bySymbol[Number(row["place"]) - 1]?.set(
      row["account"] as string,
      ts.map((us, at) => ({
        ts: us,
        quantity: quantities[at] as number,
        avgPrice: avgPrices[at] ?? null,
      })),
    );
  }
  return count > limit ? { kind: "too_many" } : { kind: "steps", bySymbol };
}
