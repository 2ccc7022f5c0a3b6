import type { Cursor } from "../words/time.ts";

/** Most events in one frame (SPEC E-3). */
export const MAX_FRAME_EVENTS = 50;
/** Most events in one `events` message, which may join several frames (SPEC E-3). */
export const MAX_MESSAGE_EVENTS = 500;

/** Where a frame among joined ones ends: microseconds before the cursor of all of them, and its number of events. */
export type JoinedFrame = readonly [backUs: number, events: number];

/** Events up to a cursor. `frames`, oldest first, where several were joined: each is a place where one can go on. */
export interface Joined<Event> {
  cursor: Cursor;
  events: readonly Event[];
  frames?: readonly JoinedFrame[] | undefined;
}

/**
 * The `events` message around encoded events: JSON objects joined by commas. `frames` where there are several. The same
 * inputs give the same bytes.
 */
export function eventsMessage(
  cursor: Cursor,
  events: string,
  frames: readonly JoinedFrame[],
): string {
  const joined = frames.length > 1 ? `,"frames":${JSON.stringify(frames)}` : "";
  return `{"type":"events","cursor":${cursor},"events":[${events}]${joined}}`;
}

/** Joined events frame by frame. */
export function separate<Event>({ cursor, events, frames }: Joined<Event>): Joined<Event>[] {
  if (frames === undefined) return [{ cursor, events }];
  let from = 0;
  return frames.map(([backUs, count]) => {
    const part = events.slice(from, from + count);
    from += count;
    return { cursor: (cursor - backUs) as Cursor, events: part };
  });
}

/**
 * The events as they are where all of them lie on one side of `position`, else frame by frame: so no part has events on
 * both sides of a position that is the end of a frame.
 */
export function partsAround<Event>(joined: Joined<Event>, position: Cursor): Joined<Event>[] {
  const [first] = joined.frames ?? [];
  const isAcross =
    first !== undefined && joined.cursor - first[0] <= position && joined.cursor > position;
  return isAcross ? separate(joined) : [joined];
}
