import { Channels } from "../../../src/core/streams/channels.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { separate } from "../../../src/protocol/events/frame.ts";
import type { EventsMessage, ServerMessage } from "../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

/** Makes what a room says to its viewers what a stream is told. */
export interface RoomReader {
  /** Null: nothing of it is for the stream. */
  read(symbol: SymbolName, text: string): string | null;
}

/** A message of no event says how far the room is, once so many characters have been left out. */
const LEFT_OUT_CHARS = 64 * 1024;

/** `channels`: null is of all kinds. */
export function readerOf(channels: readonly string[] | null): RoomReader {
  return channels === null ? ALL : new OfChannels(new Channels(channels));
}

/** A room's message is the same text for everybody: it is made once for those who come one after another. */
class WithSymbol implements RoomReader {
  #text = "";
  #symbol: SymbolName | "" = "";
  #told = "";

  read(symbol: SymbolName, text: string): string {
    if (text !== this.#text || symbol !== this.#symbol) {
      this.#text = text;
      this.#symbol = symbol;
      this.#told = `{"symbol":${JSON.stringify(symbol)},${text.slice(1)}`;
    }
    return this.#told;
  }
}

const ALL = new WithSymbol();

/** What is left of the last message that was read, for streams with the same channels. */
const lastOfChannels = new Map<string, { text: string; left: string | null }>();
/** Channels of which that is kept. */
const MOST_KEPT = 100;

/** What a room says of some channels. Cursors go on as they are; what is left out is said to be behind with the next event (E-2). */
class OfChannels implements RoomReader {
  readonly #channels: Channels;
  readonly #leftOut = new Map<SymbolName, number>();

  constructor(channels: Channels) {
    this.#channels = channels;
  }

  read(symbol: SymbolName, text: string): string | null {
    const left = this.#left(text);
    if (left !== null) {
      this.#leftOut.delete(symbol);
      return ALL.read(symbol, left);
    }
    const message = JSON.parse(text) as ServerMessage;
    if (message.type !== "events") return null;
    const chars = (this.#leftOut.get(symbol) ?? 0) + text.length;
    this.#leftOut.set(symbol, chars < LEFT_OUT_CHARS ? chars : 0);
    if (chars < LEFT_OUT_CHARS) return null;
    const { type, cursor } = message;
    return ALL.read(symbol, JSON.stringify({ type, cursor, events: [] }));
  }

  #left(text: string): string | null {
    const { key } = this.#channels;
    const last = lastOfChannels.get(key);
    if (last !== undefined && last.text === text) return last.left;
    const message = this.#leftOf(JSON.parse(text) as ServerMessage);
    const left = message === null ? null : JSON.stringify(message);
    if (lastOfChannels.size >= MOST_KEPT) lastOfChannels.clear();
    lastOfChannels.set(key, { text, left });
    return left;
  }

  #leftOf(message: ServerMessage): ServerMessage | null {
    const channels = this.#channels;
    switch (message.type) {
      case "events":
        return this.#eventsOf(message);
      case "bar":
        return channels.hasKind("bar") ? message : null;
      case "snapshot": {
        const has = (event: TapeEvent) => channels.has(event);
        const { metrics, positions, orders, trade, book, bar, ...rest } = message;
        return {
          ...rest,
          metrics: metrics.filter(has),
          positions: positions.filter(has),
          orders: orders.filter(has),
          trade: trade !== null && has(trade) ? trade : null,
          book: book !== null && has(book) ? book : null,
          bar: channels.hasKind("bar") ? bar : null,
        };
      }
      case "hello":
      case "gap":
      case "caught_up":
      case "error":
        return message;
      default:
        return message satisfies never;
    }
  }

  #eventsOf(message: EventsMessage): EventsMessage | null {
    const { cursor } = message;
    const parts = separate(message)
      .map((part) => ({
        ...part,
        events: part.events.filter((event) => this.#channels.has(event)),
      }))
      .filter(({ events }) => events.length > 0);
    if (parts.length === 0) return null;
    return {
      ...{ type: "events", cursor, events: parts.flatMap(({ events }) => events) },
      ...(parts.length > 1 && {
        frames: parts.map((part) => [cursor - part.cursor, part.events.length]),
      }),
    };
  }
}
