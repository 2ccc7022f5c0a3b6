import { eventsMessage, MAX_FRAME_EVENTS } from "../../src/protocol/frame.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import type { LogFrame } from "./log-row.ts";

/** An `events` message ready to send. */
export interface ReadyMessage {
  cursor: Cursor;
  text: string;
  events: number;
}

/** Longest text of a message that joins several frames; a single frame may be longer. */
const JOINED_CHARS = 48 * 1024;

/** Wraps frames into `events` messages, joining neighbours so that a message holds up to 50 events (SPEC E-3). */
export function* messagesOf(frames: Iterable<LogFrame>): Generator<ReadyMessage> {
  let texts: string[] = [];
  let chars = 0;
  let events = 0;
  let cursor: Cursor | null = null;
  for (const frame of frames) {
    const joins =
      events + frame.count <= MAX_FRAME_EVENTS && chars + frame.text.length <= JOINED_CHARS;
    if (cursor !== null && !joins) {
      yield { cursor, text: eventsMessage(cursor, texts.join(",")), events };
      texts = [];
      chars = 0;
      events = 0;
    }
    texts.push(frame.text);
    chars += frame.text.length;
    events += frame.count;
    cursor = frame.cursor;
  }
  if (cursor !== null) yield { cursor, text: eventsMessage(cursor, texts.join(",")), events };
}
