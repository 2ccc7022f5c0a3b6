import type { SymbolName } from "../../protocol/words/symbol.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { texts } from "../driver/rows-of.ts";
import { type Sql, sql } from "../driver/sql.ts";

/** Of which kinds Postgres may have something of a symbol. Trades are asked for in any case. */
export interface LifeKinds {
  points: boolean;
  positions: boolean;
  /** Orders or notes. */
  orders: boolean;
  books: boolean;
  alerts: boolean;
}

const NO_KINDS: LifeKinds = {
  ...{ points: false, positions: false, orders: false, books: false, alerts: false },
};

// A LIMIT: Postgres may read all of a table for an EXISTS over many symbols.
const hasAny = (table: Sql): Sql =>
  sql`(select 1 from ${table} t where t.symbol_id = y.id limit 1) is not null`;

const selectKinds = (symbols: readonly SymbolName[]): Sql => sql`
select y.symbol, ${hasAny(sql`series`)} as points, ${hasAny(sql`position_states`)} as positions,
  ${hasAny(sql`order_lives`)} or ${hasAny(sql`symbol_notes`)} as orders, ${hasAny(sql`books`)} as books,
  ${hasAny(sql`alert_changes`)} as alerts
from symbols y where y.symbol = any (${texts(symbols)})`;

/**
 * Of which kinds there is something of each symbol: most have one or two, and whoever asks for the others of each symbol alone
 * asks in vain six times out of eight. @throws DatabaseError
 */
export async function readLifeKinds(
  db: Database,
  symbols: readonly SymbolName[],
): Promise<LifeKinds[]> {
  if (symbols.length === 0) return [];
  const found = new Map<unknown, LifeKinds>();
  for (const row of await ask(db, selectKinds(symbols))) {
    const { symbol, points, positions, orders, books, alerts } = row;
    found.set(symbol, {
      ...{ points: points === true, positions: positions === true },
      ...{ orders: orders === true, books: books === true, alerts: alerts === true },
    });
  }
  return symbols.map((symbol) => found.get(symbol) ?? NO_KINDS);
}
