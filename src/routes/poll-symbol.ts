import type { PollPage } from "../bindings/room.ts";
import { objectFailureOf } from "../core/object-failure.ts";
import { isStorageFull } from "../core/storage-watch.ts";
import type { AppContext } from "../middleware/context.ts";
import { refuseRooms } from "../middleware/descriptors.ts";
import { storageWatch } from "../middleware/storage.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import { roomOf } from "./append-to-rooms.ts";
import { directoryOf, refuseUnknown } from "./known-symbols.ts";
import { beforeAnything } from "./waiting-viewer.ts";

export interface Poll {
  symbol: SymbolName;
  since: Cursor | null;
  limit: number;
  waitMs: number;
}

/**
 * A page of a symbol's events. A poll that waits may do so for a symbol that nobody has pushed yet: it is the directory that it
 * waits with then, so that no room is made. Or the refusal.
 */
export async function pollSymbol(c: AppContext, poll: Poll): Promise<PollPage | Response> {
  const { symbol, since, limit, waitMs } = poll;
  const unknown = await refuseUnknown(c, [symbol]);
  if (unknown === null) {
    const refused = await refuseRooms(c, [symbol], "read");
    if (refused !== null) return refused;
    const ask = () => roomOf(c.env, symbol).poll(symbol, since, limit, waitMs);
    return ask().catch((error: unknown) => {
      // Somebody's push found the disk full while this waited. The room begins anew, and reading needs no space.
      if (isStorageFull(error)) storageWatch(c).failed(String(error));
      else if (objectFailureOf(error) !== "reset") throw error;
      return ask();
    });
  }
  if (waitMs === 0) return unknown;
  const first = beforeAnything(since, Date.now());
  if (await directoryOf(c.env).untilKnown(symbol, waitMs)) {
    return roomOf(c.env, symbol).poll(symbol, first, limit, 0);
  }
  return { events: "", frames: [], count: 0, cursor: first, oldest: first, complete: true };
}
