import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { SqlPort } from "../sql-port.ts";
import { createTables } from "./log.ts";

/** The symbol that an object is the room of; null while nobody has named it. */
export function readName(sql: SqlPort): SymbolName | null {
  createTables(sql);
  const [row] = sql.exec("SELECT value FROM meta WHERE key = 'symbol'");
  return (row?.["value"] as SymbolName | undefined) ?? null;
}

/** Written with whatever the room writes first. */
export function writeName(sql: SqlPort, symbol: SymbolName): void {
  sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('symbol', ?)", symbol);
}
