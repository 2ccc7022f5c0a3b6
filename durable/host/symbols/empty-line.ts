import type { SymbolSummary } from "../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

/** The line of a symbol that nobody has pushed an event of, or whose room does not know yet. */
export function emptyLine(symbol: SymbolName): SymbolSummary {
  const none = { last: null, last_ts: null, change: null, change_reason: "no_trade" as const };
  return { symbol, ...none, volume: 0, last_event: null, viewers: 0 };
}
