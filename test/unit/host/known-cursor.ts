import type { RoomId } from "../../../durable/host/log/host-log.ts";
import type { KnownRequest } from "../../../durable/host/log/keys/known-request.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";

/** Where a log says that a request's part for a room is: behind its commit, where it brought nothing or that is gone. */
export function cursorOf(known: KnownRequest | null, room: RoomId): Cursor | null {
  if (known === null) return null;
  const part = known.partOf([room]);
  return part.kind === "nothing" ? known.row : (part.end ?? known.row);
}
