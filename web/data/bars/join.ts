import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { type Joined, partsAround } from "../../../src/protocol/events/frame.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";

/** The events of one frame, or of several joined, as a data set takes them. */
export type Frame = Joined<TapeEvent>;

/**
 * How a data set joins its history to the live frames without a seam: the answer holds every event up to its cursor,
 * so frames at or below are in it already, and what came while it was asked for is kept until it is there.
 */
export type Join =
  | { state: "loading"; pending: readonly Frame[]; events: number }
  /** Too much came to be kept: the answer is too old to be continued, and is asked for anew. */
  | { state: "overflowed" }
  | { state: "ready"; cursor: Cursor };

/** Events kept for an answer that is slow. */
const MAX_PENDING_EVENTS = 50_000;

export const LOADING: Join = { state: "loading", pending: [], events: 0 };

/** The join after a live frame, and what of it the data set applies now; while it loads, the frame is kept for later. */
export function take(join: Join, frame: Frame): { join: Join; fresh: readonly Frame[] } {
  switch (join.state) {
    case "ready": {
      const { cursor } = join;
      if (frame.cursor <= cursor) return { join, fresh: [] };
      const fresh = partsAround(frame, cursor).filter((part) => part.cursor > cursor);
      return { join: { state: "ready", cursor: frame.cursor }, fresh };
    }
    case "loading": {
      const events = join.events + frame.events.length;
      if (events > MAX_PENDING_EVENTS) return { join: { state: "overflowed" }, fresh: [] };
      return { join: { state: "loading", pending: [...join.pending, frame], events }, fresh: [] };
    }
    case "overflowed":
      return { join, fresh: [] };
    default:
      return join satisfies never;
  }
}

/**
 * The answer is there, exact up to `cursor`: the frames it holds already and those to apply to it; or null where they
 * were too many to keep and the answer must be asked for again.
 */
export function arrived(
  join: Join,
  cursor: Cursor,
): { join: Join; held: readonly Frame[]; fresh: readonly Frame[] } | null {
  if (join.state === "overflowed") return null;
  const kept = join.state === "loading" ? join.pending : [];
  const pending = kept.flatMap((frame) => partsAround(frame, cursor));
  const held = pending.filter((frame) => frame.cursor <= cursor);
  const fresh = pending.filter((frame) => frame.cursor > cursor);
  return { join: { state: "ready", cursor: fresh.at(-1)?.cursor ?? cursor }, held, fresh };
}
