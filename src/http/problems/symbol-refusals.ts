import type { SymbolName } from "../../protocol/words/symbol.ts";
import { Refusal } from "./refusal.ts";

/** Whoever asked has waited already. */
const AWAY_RETRY_S = 1;
const NAMED = 5;

/** Postgres may know what this server, which began anew, does not know yet. */
export function notKnownYet(symbols: readonly SymbolName[]): Refusal {
  return new Refusal({
    status: 503,
    type: "database-unavailable",
    title: "The database is away",
    detail: `What was known of ${symbols.length === 0 ? "symbols" : listOf(symbols)} is in Postgres, and is still being read, or cannot be read now. Pushes go on; try again soon.`,
    retryAfterS: AWAY_RETRY_S,
  });
}

export function unknownSymbols(symbols: readonly SymbolName[]): Refusal {
  return new Refusal({
    status: 404,
    type: "unknown-symbol",
    title: "There is no such symbol",
    detail: `Nobody has pushed anything for ${listOf(symbols)}. GET /api/symbols lists what there is; to wait for a symbol connect to /ws/SYMBOL, or poll /api/rooms/SYMBOL/events with wait.`,
  });
}

function listOf(symbols: readonly SymbolName[]): string {
  const more = symbols.length > NAMED ? ` and ${symbols.length - NAMED} more` : "";
  return `${symbols.slice(0, NAMED).join(", ")}${more}`;
}
