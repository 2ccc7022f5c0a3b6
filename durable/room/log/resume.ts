import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { WatchedLog } from "./watched-log.ts";

/** Where a reader goes on, or that nothing can be said of what came after its cursor. */
export type Resumption =
  | { kind: "replay"; after: Cursor }
  /** The cursor is of another life of the log, or ahead of this one: the reader goes on at the head. */
  | { kind: "reset"; from: Cursor; to: Cursor };

/**
 * Where does a reader go on that comes with a cursor, and perhaps with the log that it is of? A cursor alone is a place or a time,
 * replayed from what there is; ahead of the log it is its newest (SPEC C-3). One of a named log is replayed exactly, or not at all
 * (SPEC C-6).
 */
export function resumptionOf(
  log: Pick<WatchedLog, "head" | "logId" | "isFormer">,
  since: Cursor,
  of: LogId | null,
): Resumption {
  const { head } = log;
  if (of === null) return { kind: "replay", after: Math.min(since, head) as Cursor };
  // No cursor that was ever given of the room is ahead of its head, unless what was there is gone: a restored copy of the disk.
  const isKnown = (of === log.logId || log.isFormer(of)) && since <= head;
  return isKnown ? { kind: "replay", after: since } : { kind: "reset", from: since, to: head };
}
