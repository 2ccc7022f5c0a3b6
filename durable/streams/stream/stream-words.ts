import type { JoinRefusal } from "../../../src/bindings/host.ts";
import type { StreamEntry, StreamRequestId } from "../../../src/protocol/streams/client-message.ts";
import type { StreamError } from "../../../src/protocol/streams/server-message.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";

/** From where a room is watched; null: from now on. */
export interface Place {
  since: Cursor | null;
  log: LogId | null;
}

export const NOW: Place = { since: null, log: null };

/** An answer bears the id of what it answers, where that has one. */
export function ofId(id: StreamRequestId | undefined) {
  return id === undefined ? {} : { id };
}

/** The symbol that an entry names: behind a backslash `*` is itself. */
export function symbolOfEntry(entry: StreamEntry): SymbolName {
  return typeof entry === "string" ? (entry.replaceAll("\\*", "*") as SymbolName) : entry.symbol;
}

export function placeOfEntry(entry: StreamEntry): Place {
  return typeof entry === "string" ? NOW : { since: entry.since ?? null, log: entry.log ?? null };
}

/** Why a room does not let the stream in. */
export function errorOf(
  { reason, retryAfterS }: JoinRefusal,
  symbol: SymbolName,
  id?: StreamRequestId,
): StreamError {
  const common = { type: "error", ...ofId(id), symbol, retry_after_s: retryAfterS } as const;
  if (reason === "not_known_yet") {
    const message = "the server does not know yet what was before: subscribe again later";
    return { ...common, code: "not_known_yet", message };
  }
  return { ...common, code: "full", message: "the room has as many viewers as it takes" };
}
