import type { Rooms } from "../../bindings/rooms.ts";
import { decodeFrame } from "../../core/events/encode-events.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";

/** Most events a query takes from the room; where the outbox is longer, the answer ends earlier and says where. */
const TAIL_EVENTS = 20_000;

/** The part of the tape that a query must not look for in Postgres, decoded. */
export interface DecodedTail {
  storedThrough: Cursor;
  cursor: Cursor;
  /** The room has more behind it, which is neither here nor in Postgres. */
  isCut: boolean;
  events: { cursor: Cursor; event: TapeEvent }[];
}

/** How far an answer goes that is made of a tail: see `isCut`. */
export interface AnswerEnd {
  cursor: Cursor;
  complete?: false;
}

export function endOfAnswer({ cursor, isCut }: DecodedTail): AnswerEnd {
  return { cursor, ...(isCut && { complete: false as const }) };
}

/**
 * Reads the newest part of a room, of all kinds of events or of some. Read it before Postgres: what is stored meanwhile is then
 * passed over there. What is not asked for is let go frame by frame, for all of it may be 8 MiB of text.
 */
export async function readTail(
  rooms: Rooms,
  symbol: SymbolName,
  kinds?: readonly TapeEvent["kind"][],
): Promise<DecodedTail> {
  const {
    storedThrough,
    cursor: through,
    frames,
    isCut = false,
  } = await rooms.hostOf(symbol).readTail(symbol, TAIL_EVENTS);
  const events: DecodedTail["events"] = [];
  for (const { cursor, text } of frames) {
    for (const event of decodeFrame(text)) {
      if (kinds === undefined || kinds.includes(event.kind)) events.push({ cursor, event });
    }
  }
  return { storedThrough, cursor: through, isCut, events };
}
