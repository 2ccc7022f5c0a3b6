import {
  eventsMessage,
  type JoinedFrame,
  MAX_MESSAGE_EVENTS,
} from "../../../../src/protocol/events/frame.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import type { LogFrame } from "../../../host/log/host-log.ts";

/** An `events` message ready to send. */
export interface ReadyMessage {
  cursor: Cursor;
  text: string;
  events: number;
}

/** How much a message that joins several frames may hold; a single frame may be longer. */
export interface MessageLimits {
  events: number;
  /** Of its whole text. */
  chars: number;
}

export const MESSAGE_LIMITS: MessageLimits = { events: MAX_MESSAGE_EVENTS, chars: 60 * 1024 };

/** What a message has around its events, at most. */
const ENVELOPE_CHARS = 100;
/** A frame's comma and its place in `frames`, at most. */
const PLACE_CHARS = 24;

/** Wraps frames into `events` messages, each of as many neighbours as the limits allow (SPEC E-3). */
export function* messagesOf(
  frames: Iterable<LogFrame>,
  limits: MessageLimits,
): Generator<ReadyMessage> {
  let joined: LogFrame[] = [];
  let chars = ENVELOPE_CHARS;
  let events = 0;
  for (const frame of frames) {
    const frameChars = frame.text.length + PLACE_CHARS;
    const joins = events + frame.count <= limits.events && chars + frameChars <= limits.chars;
    if (joined.length > 0 && !joins) {
      yield messageOf(joined, events);
      joined = [];
      chars = ENVELOPE_CHARS;
      events = 0;
    }
    joined.push(frame);
    chars += frameChars;
    events += frame.count;
  }
  if (joined.length > 0) yield messageOf(joined, events);
}

/** Characters of a message of these frames, at most. */
export function charsOf(frames: Iterable<LogFrame>): number {
  let chars = ENVELOPE_CHARS;
  for (const { text } of frames) chars += text.length + PLACE_CHARS;
  return chars;
}

/** `frames`: at least one. */
function messageOf(frames: readonly LogFrame[], events: number): ReadyMessage {
  const cursor = (frames.at(-1) as LogFrame).cursor;
  const texts = frames.map((frame) => frame.text);
  const places = frames.map((frame): JoinedFrame => [cursor - frame.cursor, frame.count]);
  return { cursor, text: eventsMessage(cursor, texts.join(","), places), events };
}
