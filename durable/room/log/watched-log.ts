import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { LogFrame, RoomId } from "../../host/log/host-log.ts";

/** What the viewers of a room need of its log: that of its host, or the copy that a relay has of it. */
export interface WatchedLog {
  /** Names this life of the log. */
  readonly logId: LogId;
  /** Did this log hand its symbols over to ours? */
  isFormer(log: LogId): boolean;
  /** Cursor of the newest frame. */
  readonly head: Cursor;
  /** Every frame after it can be read here; every frame up to it is in the archive. */
  readonly prunedThrough: Cursor;
  /** Every frame after it is in the log of the host. */
  readonly oldest: Cursor;
  /** Frames after `after` and up to `upTo`, oldest first. */
  framesAfter(after: Cursor, upTo: Cursor): Iterable<LogFrame>;
}

/** What the last values of a room are made from. */
export interface FoldedLog extends Pick<WatchedLog, "head" | "prunedThrough" | "framesAfter"> {
  /** The room on disk; null where nothing of it is. */
  readonly id: RoomId | null;
  /** About how many rows reading on from a cursor costs at the most. */
  rowsAfter(after: Cursor): number;
  /** The newest frames that together hold at least so many events, or all, oldest first. */
  newest(events: number): readonly LogFrame[];
}
