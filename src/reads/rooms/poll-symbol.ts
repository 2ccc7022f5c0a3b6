import { hostOfSymbol } from "../../bindings/ask-hosts.ts";
import type { PollPage } from "../../bindings/host.ts";
import { objectFailureOf } from "../../core/object-failure.ts";
import { isStorageFull } from "../../core/storage-watch.ts";
import type { AppContext } from "../../http/context.ts";
import { refuseHosts } from "../../http/limits/descriptors.ts";
import { storageWatch } from "../../http/limits/storage.ts";
import type { LogId } from "../../protocol/log-id.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { Cursor } from "../../protocol/time.ts";
import { refuseRead } from "./known-symbols.ts";

export interface Poll {
  symbol: SymbolName;
  since: Cursor | null;
  log: LogId | null;
  limit: number;
  waitMs: number;
}

/** A page of a symbol's events, or the refusal. A poll that waits may do so for a symbol that nobody has pushed yet. */
export async function pollSymbol(c: AppContext, poll: Poll): Promise<PollPage | Response> {
  const { symbol, since, log, limit, waitMs } = poll;
  const refused = await (waitMs > 0 ? refuseHosts(c, [symbol], "read") : refuseRead(c, [symbol]));
  if (refused !== null) return refused;
  const ask = () => hostOfSymbol(c.env, symbol).poll(symbol, since, limit, waitMs, log);
  return ask().catch((error: unknown) => {
    // Somebody's push found the disk full while this waited. The host begins anew, and reading needs no space.
    if (isStorageFull(error)) storageWatch(c).failed(String(error));
    else if (objectFailureOf(error) !== "reset") throw error;
    return ask();
  });
}
