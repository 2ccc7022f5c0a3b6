import type { RoomTail } from "../../../src/bindings/host.ts";
import type { RoomLog } from "./room-log.ts";

/** Longest tail: the runtime carries 32 MiB between objects, and some events are whole order books. */
const TAIL_CHARS = 8 * 1024 * 1024;

/** What Postgres does not surely have yet, at most about `maxEvents`; `cursor` is how far it goes. */
export function tailOf(log: RoomLog, maxEvents: number): RoomTail {
  const { storedThrough } = log;
  const tail: RoomTail = { storedThrough, cursor: storedThrough, frames: [] };
  let events = 0;
  let chars = 0;
  for (const frame of log.framesAfter(storedThrough, log.head)) {
    chars += frame.text.length;
    if (events > 0 && (events + frame.count > maxEvents || chars > TAIL_CHARS)) {
      tail.isCut = true;
      break;
    }
    tail.frames.push({ cursor: frame.cursor, text: frame.text });
    tail.cursor = frame.cursor;
    events += frame.count;
  }
  return tail;
}
