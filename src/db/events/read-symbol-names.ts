import type { SymbolName } from "../../protocol/words/symbol.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { texts } from "../driver/rows-of.ts";
import { sql } from "../driver/sql.ts";

/** Every symbol the database has something of. @throws DatabaseError */
export async function readSymbolNames(db: Database): Promise<SymbolName[]> {
  const rows = await ask(db, sql`select symbol from symbols`);
  return rows.map((row) => row["symbol"] as SymbolName);
}

/** Those of `symbols` that the database has something of. @throws DatabaseError */
export async function findSymbolNames(
  db: Database,
  symbols: readonly SymbolName[],
): Promise<SymbolName[]> {
  const rows = await ask(
    db,
    sql`select symbol from symbols where symbol = any (${texts(symbols)})`,
  );
  return rows.map((row) => row["symbol"] as SymbolName);
}
