import type { SymbolName } from "../../protocol/symbol.ts";
import { textArray } from "../driver/array-text.ts";
import type { Database } from "../driver/database.ts";

/** Every symbol the database has something of. @throws what `classifyFailure` reads. */
export async function readSymbolNames(db: Database): Promise<SymbolName[]> {
  const rows = await db.query("select symbol from symbols", []);
  return rows.map((row) => row["symbol"] as SymbolName);
}

/** Those of `symbols` that the database has something of. @throws what `classifyFailure` reads. */
export async function findSymbolNames(
  db: Database,
  symbols: readonly SymbolName[],
): Promise<SymbolName[]> {
  const rows = await db.query("select symbol from symbols where symbol = any ($1::text[])", [
    textArray(symbols),
  ]);
  return rows.map((row) => row["symbol"] as SymbolName);
}
