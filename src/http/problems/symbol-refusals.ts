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

/** So much of a symbol waits for Postgres that a question cannot look through all of it. */
export function notStoredYet(symbol: SymbolName): Refusal {
  return new Refusal({
    status: 503,
    type: "not-stored-yet",
    title: "It is not stored yet",
    detail: `More events of ${symbol} wait for Postgres than an answer looks through, and what was asked for may be among them. Try again soon.`,
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
