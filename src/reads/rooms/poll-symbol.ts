import type { PollPage } from "../../bindings/host.ts";
import type { Rooms } from "../../bindings/rooms.ts";
import { objectFailureOf } from "../../core/limits/object-failure.ts";
import { isStorageFull } from "../../core/limits/storage-watch.ts";
import type { LogId } from "../../protocol/words/log-id.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";

export interface Poll {
  symbol: SymbolName;
  since: Cursor | null;
  log: LogId | null;
  limit: number;
  waitMs: number;
}

/** A page of a symbol's events. `storageFull` is told where the disk was found to be. */
export async function pollSymbol(
  rooms: Rooms,
  { symbol, since, limit, waitMs, log }: Poll,
  storageFull: (detail: string) => void,
): Promise<PollPage> {
  const ask = () => rooms.hostOf(symbol).poll(symbol, since, limit, waitMs, log);
  return ask().catch((error: unknown) => {
    // Somebody's push found the disk full while this waited. The host begins anew, and reading needs no space.
    if (isStorageFull(error)) storageFull(String(error));
    else if (objectFailureOf(error) !== "reset") throw error;
    return ask();
  });
}
