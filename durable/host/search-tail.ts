import type { FoundFrame, TailFound } from "../../src/bindings/host.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import type { RoomLog } from "../room/log/room-log.ts";
import { tailOf } from "../room/log/tail.ts";
import type { HostLog, RoomId } from "./log/host-log.ts";

/** Rows looked through at once: all that memory holds. */
const ALL = {
  events: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
};
/** Events of a room that is held back, and such rooms: what Postgres refuses may be long, and is not looked through to its end. */
const HELD_EVENTS = 2_000;
const HELD_ROOMS = 32;

export interface SearchedTail {
  log: Pick<HostLog, "storedThrough" | "memoryFrom" | "head" | "partAfter">;
  symbolOf(room: RoomId): SymbolName;
  /** Logs of rooms of which something is held back. */
  held(most: number): Iterable<{ symbol: SymbolName; log: RoomLog }>;
}

/**
 * Frames of any room that Postgres does not surely have and whose text holds `text`. Nothing is read from disk but what is held back:
 * where more waits for Postgres than memory holds the newest of it is looked through, and `complete` is false.
 */
export function searchTail({ log, symbolOf, held }: SearchedTail, text: string): TailFound {
  const frames: FoundFrame[] = [];
  const look = (symbol: SymbolName, found: { cursor: Cursor; text: string }) => {
    if (found.text.includes(text)) frames.push({ symbol, cursor: found.cursor, text: found.text });
  };
  const complete = log.storedThrough >= log.memoryFrom;
  const from = complete ? log.storedThrough : log.memoryFrom;
  const part = from < log.head ? log.partAfter(ALL, from) : null;
  for (const { room, frames: ofRoom } of part?.rooms ?? []) {
    const symbol = symbolOf(room);
    for (const frame of ofRoom) look(symbol, frame);
  }
  for (const { symbol, log: ofRoom } of held(HELD_ROOMS)) {
    for (const frame of tailOf(ofRoom, HELD_EVENTS).frames) look(symbol, frame);
  }
  return { frames, complete };
}
