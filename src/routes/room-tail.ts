import type { Env } from "../bindings/env.ts";
import { decodeFrame } from "../core/encode-events.ts";
import type { TapeEvent } from "../protocol/event.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import { hostOfSymbol } from "./host-stub.ts";

/** Most events a query takes from the room; where the outbox is longer, the answer ends earlier and says where. */
const TAIL_EVENTS = 20_000;

/** The part of the tape that a query must not look for in Postgres, decoded. */
export interface DecodedTail {
  storedThrough: Cursor;
  cursor: Cursor;
  events: { cursor: Cursor; event: TapeEvent }[];
}

/** Reads the newest part of a room. Read it before Postgres: what is stored meanwhile is then passed over there. */
export async function readTail(env: Env, symbol: SymbolName): Promise<DecodedTail> {
  const tail = await hostOfSymbol(env, symbol).readTail(symbol, TAIL_EVENTS);
  const events = tail.frames.flatMap(({ cursor, text }) =>
    decodeFrame(text).map((event) => ({ cursor, event })),
  );
  return { storedThrough: tail.storedThrough, cursor: tail.cursor, events };
}
