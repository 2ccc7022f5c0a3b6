import type { AlertEvent } from "../../../src/protocol/events/alert.ts";
import type { PositionEvent, TapeEvent } from "../../../src/protocol/events/event.ts";
import type { LatestMessage } from "../../../src/protocol/streams/server-message.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

/** What the page asks a stream of last values for (SPEC ST-9). */
export const MARKET_CHANNELS = ["trade", "book", "position", "alert"];

/** A price is seen to move at most once in so long: what flashes faster cannot be read. */
const FLASH_US = 1e6;

/** The last values of one symbol. */
export interface LiveSymbol {
  /** Null before its first trade. */
  trade: { price: number; ts: EpochUs } | null;
  /** Null where a side has nothing, or nobody pushes a book. */
  spread: { bid: number; ask: number } | null;
  /** The moment of its newest event; 0 before any. */
  eventUs: number;
  /** Which way the price moved when it was last seen to; `moves` counts these. */
  direction: "up" | "down" | "same";
  moves: number;
  /** The trade that it moves from next; null before the first. */
  shown: { price: number; ts: number } | null;
  /** The newest of each account. */
  positions: Map<string, PositionEvent>;
  /** The newest change of each alert. */
  alerts: Map<string, AlertEvent>;
}

/** The last values of many symbols, as a stream tells of them (SPEC ST-10). */
export class LiveMarket {
  readonly symbols = new Map<string, LiveSymbol>();

  /** Takes what has changed, and gives the symbols that it is about. */
  take({ rooms }: Pick<LatestMessage, "rooms">): string[] {
    for (const { symbol, events, whole } of rooms) {
      const before = this.symbols.get(symbol);
      const live = before === undefined || whole ? anew(before) : before;
      for (const event of events) takeEvent(live, event);
      this.symbols.set(symbol, live);
    }
    return rooms.map(({ symbol }) => symbol);
  }
}

/** Nothing is known; a price that comes has still moved from the one of `before`. */
function anew(before: LiveSymbol | undefined): LiveSymbol {
  return {
    ...{ trade: null, spread: null, eventUs: 0 },
    ...{ positions: new Map(), alerts: new Map() },
    ...{ direction: before?.direction ?? "same", moves: before?.moves ?? 0 },
    shown: before?.shown ?? null,
  };
}

function takeEvent(live: LiveSymbol, event: TapeEvent): void {
  live.eventUs = Math.max(live.eventUs, event.ts);
  switch (event.kind) {
    case "trade": {
      const { price, ts } = event;
      live.trade = { price, ts };
      live.shown ??= live.trade;
      const before = live.shown;
      if (price === before.price || ts - before.ts < FLASH_US) return;
      live.direction = price > before.price ? "up" : "down";
      live.moves += 1;
      live.shown = live.trade;
      return;
    }
    case "book": {
      const [bid, ask] = [event.bids[0]?.[0], event.asks[0]?.[0]];
      live.spread = bid === undefined || ask === undefined ? null : { bid, ask };
      return;
    }
    case "position":
      live.positions.set(event.account ?? "", event);
      return;
    case "alert":
      live.alerts.set(JSON.stringify([event.rule, event.series]), event);
      return;
    // Channels leave these out.
    case "metric":
    case "order":
    case "note":
    case "log":
      return;
    default:
      event satisfies never;
  }
}
