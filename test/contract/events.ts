import type { RoomFrames, StoredFrame } from "../../src/db/store/store-frames.ts";
import type { AlertEvent } from "../../src/protocol/events/alert.ts";
import type { BookEvent, Level } from "../../src/protocol/events/book.ts";
import type {
  MetricEvent,
  PositionEvent,
  TapeEvent,
  TradeEvent,
} from "../../src/protocol/events/event.ts";
import type { LogEvent } from "../../src/protocol/events/log.ts";
import type { NoteEvent } from "../../src/protocol/events/note.ts";
import type { OrderEvent } from "../../src/protocol/events/order.ts";
import type { OrderStatus } from "../../src/protocol/words/order-status.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";

/** 2026-01-05T12:00:00Z: a bucket border of every interval up to an hour. */
export const NOON_US = Date.UTC(2026, 0, 5, 12) * 1000;

export const at = (us: number) => us as EpochUs;
export const cursorAt = (us: number) => us as Cursor;

let symbolCount = 0;
/** A symbol that no other test of this file uses. */
export function freshSymbol(): SymbolName {
  symbolCount += 1;
  return `T-${symbolCount}` as SymbolName;
}

export function metric(
  name: string,
  ts: number,
  value: number,
  labels?: Record<string, string>,
): MetricEvent {
  const event: MetricEvent = { kind: "metric", ts: at(ts), metric: name, value };
  return labels === undefined ? event : { ...event, labels };
}

export function trade(
  ts: number,
  price: number,
  size: number,
  rest: Partial<Pick<TradeEvent, "id" | "venue" | "side">> = {},
): TradeEvent {
  return { kind: "trade", ts: at(ts), price, size, ...rest };
}

export function position(
  ts: number,
  quantity: number,
  avgPrice?: number,
  account?: string,
): PositionEvent {
  return {
    kind: "position",
    ts: at(ts),
    quantity,
    ...(avgPrice !== undefined && { avg_price: avgPrice }),
    ...(account !== undefined && { account }),
  };
}

export function order(
  ts: number,
  id: string,
  status: OrderStatus,
  rest: Partial<Omit<OrderEvent, "ts">> = {},
): OrderEvent {
  return { kind: "order", ts: at(ts), id, status, ...rest };
}

export function note(ts: number, text: string, rest: Partial<NoteEvent> = {}): NoteEvent {
  return { kind: "note", ts: at(ts), text, ...rest };
}

export function bookSample(
  ts: number,
  bids: Level[],
  asks: Level[],
  seq?: number | undefined,
): BookEvent {
  const said = seq === undefined ? {} : { seq };
  return { kind: "book", ts: at(ts), type: "snapshot", bids, asks, ...said, sampled: true };
}

export function bookDiff(ts: number, bids: Level[], asks: Level[]): BookEvent {
  return { kind: "book", ts: at(ts), type: "diff", bids, asks };
}

export function line(
  ts: number,
  event: string,
  rest: Partial<Omit<LogEvent, "kind" | "ts" | "event">> = {},
): LogEvent {
  return { kind: "log", ts: at(ts), level: "info", event, ...rest };
}

export function alert(
  ts: number,
  rule: string,
  rest: Partial<Omit<AlertEvent, "kind" | "ts" | "rule">> = {},
): AlertEvent {
  const change = { from: "inactive", state: "firing", severity: "warning", message: "m" } as const;
  return { kind: "alert", ts: at(ts), rule, ...change, ...rest };
}

export function frame(cursor: number, ...events: TapeEvent[]): StoredFrame {
  return { cursor: cursorAt(cursor), events };
}

export function room(symbol: SymbolName, ...frames: StoredFrame[]): RoomFrames {
  return { symbol, frames };
}
