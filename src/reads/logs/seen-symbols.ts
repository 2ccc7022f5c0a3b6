import type { ChosenSymbols } from "../../core/logs/log-filter.ts";
import type { Database } from "../../db/driver/database.ts";
import { readSymbolNames } from "../../db/events/read-symbol-names.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";

/** Of all symbols those that somebody may see; null: all. `sees` null: he may see any. @throws DatabaseError */
export async function seenSymbols(
  db: Database,
  sees: ((symbol: SymbolName) => boolean) | null,
): Promise<ChosenSymbols | null> {
  if (sees === null) return null;
  return { stored: (await readSymbolNames(db)).filter(sees), has: sees };
}

/** One symbol, whether or not the database has it. */
export function theSymbol(symbol: SymbolName): ChosenSymbols {
  return { stored: [symbol], has: (one) => one === symbol };
}
