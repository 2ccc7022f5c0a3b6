import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { SqlPort } from "../room/sql-port.ts";

/** The next names that the directory of the first edition wrote down, in order; none where it wrote nothing. */
export function namesAfter(sql: SqlPort, name: SymbolName | "", most: number): SymbolName[] {
  const [table] = sql.exec("SELECT name FROM sqlite_master WHERE name = 'symbols'");
  if (table === undefined) return [];
  // Sorted here: SQLite would compare bytes, and whoever asks compares as this language does.
  const rows = [...sql.exec("SELECT name FROM symbols")].map((row) => row["name"] as SymbolName);
  return rows
    .filter((one) => one > name)
    .sort()
    .slice(0, most);
}
