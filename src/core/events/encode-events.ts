import type { TapeEvent } from "../../protocol/events/event.ts";
import { MAX_FRAME_EVENTS } from "../../protocol/events/frame.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { seriesHash } from "./series-hash.ts";

/** The events of one frame, encoded once: JSON objects joined by commas, as they stand inside `events:[...]`. */
export interface EncodedFrame {
  text: string;
  count: number;
}

/** What one request brings for one room, in the order it was posted. */
export interface SymbolBatch {
  symbol: SymbolName;
  frames: EncodedFrame[];
  /** Identity of each event's trade by position, null for events that have none; absent where no event has one. */
  tradeKeys?: (string | null)[];
  /** The latest moment of its books; absent where it has none. */
  bookTs?: EpochUs;
  /** Hashes of the series that its points are of, each once; absent where it has no points. */
  series?: number[];
}

export interface AddressedEvent {
  symbol: SymbolName;
  event: TapeEvent;
}

/** Identity of a trade in its room (SPEC I-7): the same venue, id and ts is the same trade. Null without an id. */
export function tradeKey(event: TapeEvent): string | null {
  if (event.kind !== "trade" || event.id === undefined) return null;
  return `${event.ts}\u0001${event.venue ?? ""}\u0001${event.id}`;
}

/** Groups a request's events by symbol, keeping their order, and encodes them into frames. */
export function encodeEvents(addressed: readonly AddressedEvent[]): SymbolBatch[] {
  return Array.from(bySymbol(addressed), ([symbol, events]) => encodeSymbol(symbol, events));
}

/** Symbols that are encoded in one turn of the event loop, some 5 us each. */
export const SYMBOLS_A_TURN = 1_000;

/** `encodeEvents` with a pause after each slice of many symbols, so that others get their turn. */
export async function encodeInSlices(
  addressed: readonly AddressedEvent[],
  pause: () => Promise<void>,
): Promise<SymbolBatch[]> {
  const batches: SymbolBatch[] = [];
  for (const [symbol, events] of bySymbol(addressed)) {
    if (batches.length > 0 && batches.length % SYMBOLS_A_TURN === 0) await pause();
    batches.push(encodeSymbol(symbol, events));
  }
  return batches;
}

function bySymbol(addressed: readonly AddressedEvent[]): Map<SymbolName, TapeEvent[]> {
  const bySymbol = new Map<SymbolName, TapeEvent[]>();
  for (const { symbol, event } of addressed) {
    const events = bySymbol.get(symbol);
    if (events === undefined) bySymbol.set(symbol, [event]);
    else events.push(event);
  }
  return bySymbol;
}

function encodeSymbol(symbol: SymbolName, events: readonly TapeEvent[]): SymbolBatch {
  const batch: SymbolBatch = { symbol, frames: encodeFrames(events) };
  const [first] = events;
  // A request over many symbols has one event for most of them.
  if (events.length === 1 && first?.kind === "metric") {
    batch.series = [seriesHash(first)];
    return batch;
  }
  const series = new Set<number>();
  let hasKeys = false;
  let bookTs: EpochUs | undefined;
  for (const event of events) {
    if (event.kind === "metric") series.add(seriesHash(event));
    if (event.kind === "trade" && event.id !== undefined) hasKeys = true;
    if (event.kind === "book" && (bookTs === undefined || event.ts > bookTs)) bookTs = event.ts;
  }
  if (hasKeys) batch.tradeKeys = events.map(tradeKey);
  if (bookTs !== undefined) batch.bookTs = bookTs;
  if (series.size > 0) batch.series = [...series];
  return batch;
}

/** Longest text of a frame of more than one event, so that no message is out of measure for a viewer's window. */
export const FRAME_CHARS = 48 * 1024;

/** Encodes events into frames of at most 50. */
export function encodeFrames(events: readonly TapeEvent[]): EncodedFrame[] {
  if (events.length > MAX_FRAME_EVENTS) {
    const frames: EncodedFrame[] = [];
    for (let from = 0; from < events.length; from += MAX_FRAME_EVENTS) {
      frames.push(...encodeFrames(events.slice(from, from + MAX_FRAME_EVENTS)));
    }
    return frames;
  }
  if (events.length === 0) return [];
  const frame = encodeFrame(events);
  if (frame.text.length <= FRAME_CHARS || events.length === 1) return [frame];
  const half = events.length >> 1;
  return [...encodeFrames(events.slice(0, half)), ...encodeFrames(events.slice(half))];
}

/** Encodes at most 50 events as one frame. */
export function encodeFrame(events: readonly TapeEvent[]): EncodedFrame {
  if (events.length === 1) return { text: JSON.stringify(events[0]), count: 1 };
  // One stringify call for the whole frame: its brackets go, the commas inside stay.
  return { text: JSON.stringify(events).slice(1, -1), count: events.length };
}

/** The events of an encoded frame. */
export function decodeFrame(text: string): TapeEvent[] {
  return JSON.parse(`[${text}]`) as TapeEvent[];
}
