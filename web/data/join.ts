import type { TapeEvent } from "../../src/protocol/event.ts";
import { type Joined, partsAround } from "../../src/protocol/frame.ts";
import type { Cursor } from "../../src/protocol/time.ts";

/** The events of one frame, or of several joined, as a data set takes them. */
export type Frame = Joined<TapeEvent>;

/**
 * How a data set joins its history to the live frames without a seam: the answer holds every event up to its cursor,
 * so frames at or below are in it already, and what came while it was asked for is kept until it is there.
 */
export type Join =
  | { state: "loading"; pending: Frame[]; events: number; overflowed: boolean }
  | { state: "ready"; cursor: Cursor };

/** Events kept for an answer that is slow; past that the answer is too old to be continued and is asked for anew. */
const MAX_PENDING_EVENTS = 50_000;

export function loading(): Join {
  return { state: "loading", pending: [], events: 0, overflowed: false };
}

/** What of a live frame the data set applies now; while it loads, the frame is kept for later. */
export function take(join: Join, frame: Frame): Frame[] {
  if (join.state === "ready") {
    const { cursor } = join;
    if (frame.cursor <= cursor) return [];
    join.cursor = frame.cursor;
    return partsAround(frame, cursor).filter((part) => part.cursor > cursor);
  }
  if (join.overflowed) return [];
  join.events += frame.events.length;
  join.pending.push(frame);
  if (join.events > MAX_PENDING_EVENTS) {
    join.overflowed = true;
    join.pending = [];
  }
  return [];
}

/**
 * The answer is there, exact up to `cursor`: the frames it holds already and those to apply to it; or null where they
 * were too many to keep and the answer must be asked for again.
 */
export function arrived(
  join: Join,
  cursor: Cursor,
): { join: Join; held: Frame[]; fresh: Frame[] } | null {
  const pending =
    join.state === "loading" ? join.pending.flatMap((frame) => partsAround(frame, cursor)) : [];
  if (join.state === "loading" && join.overflowed) return null;
  const held = pending.filter((frame) => frame.cursor <= cursor);
  const fresh = pending.filter((frame) => frame.cursor > cursor);
  return { join: { state: "ready", cursor: fresh.at(-1)?.cursor ?? cursor }, held, fresh };
}
