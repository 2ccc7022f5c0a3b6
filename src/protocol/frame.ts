import type { Cursor } from "./time.ts";

/** Most events in one `events` message (SPEC E-3). */
export const MAX_FRAME_EVENTS = 50;

/** The `events` message around encoded events: JSON objects joined by commas. The same inputs give the same bytes. */
export function eventsMessage(cursor: Cursor, events: string): string {
  return `{"type":"events","cursor":${cursor},"events":[${events}]}`;
}
