import type { HostBatch } from "../../../../src/bindings/host.ts";
import type { SymbolBatch } from "../../../../src/core/events/encode-events.ts";
import { encodeEvents } from "../../../../src/core/events/encode-events.ts";
import type { HostName, Placement } from "../../../../src/core/placement/placement.ts";
import type { BookEvent } from "../../../../src/protocol/events/book.ts";
import type { TapeEvent, TradeEvent } from "../../../../src/protocol/events/event.ts";
import { ORDER_STATUSES } from "../../../../src/protocol/words/order-status.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import type { PostedBatch } from "./room.ts";

export interface BatchPlan {
  /** How many events of each symbol. */
  parts: { symbol: SymbolName; size: number }[];
  /** Every so many events are trades; of those every so many repeat an earlier one. */
  tradeEvery: number;
  repeatEvery: number;
  lateByMs: number;
  keyed: boolean;
}

/** A request as its producer has it. */
export interface Request {
  host: HostName;
  batch: HostBatch;
  posted: PostedBatch;
  events: Map<SymbolName, TapeEvent[]>;
  /** What it was answered, and how much of each symbol there was up to there then; null while it has no answer. */
  first: Answered | null;
  placement: Placement;
}

export interface Answered {
  cursors: readonly Cursor[];
  counts: number[];
}

/** A request that may be sent again. */
export type KeyedRequest = Request & { batch: { idempotency: { key: string } } };

/** Makes events, no two of which are alike but trades that are posted again. */
export class ModelProducer {
  readonly #nowMs: () => number;
  readonly #trades = new Map<SymbolName, TradeEvent[]>();
  #made = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A number that no other call gave. */
  get made(): number {
    return this.#made;
  }

  /** It may post these again. */
  learn(symbol: SymbolName, events: readonly TapeEvent[]): void {
    for (const event of events) {
      if (event.kind === "trade" && event.id !== undefined) this.#tradesOf(symbol).push(event);
    }
  }

  /** The events of a request, in their order, and how they are encoded. */
  make(plan: BatchPlan): { events: Map<SymbolName, TapeEvent[]>; rooms: SymbolBatch[] } {
    const events = new Map<SymbolName, TapeEvent[]>(
      plan.parts.map(({ symbol, size }) => [
        symbol,
        Array.from({ length: size }, (_, at) => this.#event(symbol, plan, at)),
      ]),
    );
    const addressed = [...events].flatMap(([symbol, own]) =>
      own.map((event) => ({ symbol, event })),
    );
    return { events, rooms: encodeEvents(addressed) };
  }

  #event(symbol: SymbolName, plan: BatchPlan, at: number): TapeEvent {
    this.#made += 1;
    const made = this.#made;
    const lateByMs = at % 3 === 0 ? plan.lateByMs : 0;
    const ts = ((this.#nowMs() - lateByMs) * 1_000 + (made % 1_000)) as EpochUs;
    if (at % plan.tradeEvery !== 0) {
      if (made % 4 === 0) return bookOf(made, ts);
      if (made % 7 === 0) return orderOf(made, ts);
      if (made % 11 === 0) return { kind: "note", ts, text: `note ${made}` };
      if (made % 5 === 0) return { kind: "position", ts, quantity: made, account: `a${made % 2}` };
      return { kind: "metric", ts, metric: `m${made % 3}`, value: made };
    }
    const trades = this.#tradesOf(symbol);
    if (plan.repeatEvery > 0 && at % plan.repeatEvery === plan.repeatEvery - 1) {
      const repeated = trades[made % Math.max(1, trades.length)];
      if (repeated !== undefined) return repeated;
    }
    const trade: TradeEvent = { kind: "trade", ts, price: 100 + (made % 37), size: made };
    if (made % 2 === 0) {
      trade.id = `t${made}`;
      trades.push(trade);
    }
    return trade;
  }

  #tradesOf(symbol: SymbolName): TradeEvent[] {
    const trades = this.#trades.get(symbol) ?? [];
    this.#trades.set(symbol, trades);
    return trades;
  }
}

/** Of a few orders, each again and again in another state. */
function orderOf(made: number, ts: EpochUs): TapeEvent {
  const status = ORDER_STATUSES[made % ORDER_STATUSES.length] ?? "sent";
  return { kind: "order", ts, id: `o${made % 5}`, status, quantity: made };
}

function bookOf(made: number, ts: EpochUs): BookEvent {
  const level = (price: number): [number, number] => [price, (made + price) % 3];
  if (made % 28 !== 0) {
    const [bids, asks] = [[level(made % 10)], [level(20 + (made % 7))]];
    return { kind: "book", ts, type: "diff", bids, asks, seq: made };
  }
  const bids = [level(made % 10), level((made * 7) % 10)].filter(([, size]) => size > 0);
  return { kind: "book", ts, type: "snapshot", bids, asks: [[20 + (made % 10), 1]], seq: made };
}
