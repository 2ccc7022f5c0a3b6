import { eventsMessage, type JoinedFrame, MAX_FRAME_EVENTS } from "../../../src/protocol/frame.ts";
import type { Cursor } from "../../../src/protocol/time.ts";
import type { LogFrame } from "../log-row.ts";

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
  let joined: LogFrame[] = [];
  let chars = 0;
  let events = 0;
  for (const frame of frames) {
    const joins =
      events + frame.count <= MAX_FRAME_EVENTS && chars + frame.text.length <= JOINED_CHARS;
    if (joined.length > 0 && !joins) {
      yield messageOf(joined, events);
      joined = [];
      chars = 0;
      events = 0;
    }
    joined.push(frame);
    chars += frame.text.length;
    events += frame.count;
  }
  if (joined.length > 0) yield messageOf(joined, events);
}

/** `frames`: at least one. */
function messageOf(frames: readonly LogFrame[], events: number): ReadyMessage {
  const cursor = (frames.at(-1) as LogFrame).cursor;
  const texts = frames.map((frame) => frame.text);
  const places = frames.map((frame): JoinedFrame => [cursor - frame.cursor, frame.count]);
  return { cursor, text: eventsMessage(cursor, texts.join(","), places), events };
}
