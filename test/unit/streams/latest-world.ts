import { expect } from "vitest";
import { LatestStreams } from "../../../durable/streams/latest/latest-streams.ts";
import { NameSets } from "../../../durable/streams/latest/name-sets.ts";
import type { Seat } from "../../../durable/streams/stream/seat.ts";
import { Stream, type StreamDeps } from "../../../durable/streams/stream/stream.ts";
import { type BookState, bookOf, foldBook } from "../../../src/core/books/book-samples.ts";
import type { Channels } from "../../../src/core/streams/channels.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { eventsMessage } from "../../../src/protocol/events/frame.ts";
import { LATEST_BOOK_LEVELS } from "../../../src/protocol/streams/latest-limits.ts";
import { type LatestMessage, latestSchema } from "../../../src/protocol/streams/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { FakeTime } from "../room/fake-time.ts";

export const ROOMS = ["A", "B", "C"] as unknown as readonly SymbolName[];
export const WINDOW = 3_000;
const JOIN_MS = 3;
const CHANNELS = [null, ["trade", "metric:cpu*"], ["book", "position"]] as const;

/** What a stream asks for when it is opened. */
export interface Asking {
  hz: number;
  isPacked: boolean;
  channels: readonly string[] | null;
}
export const ASKING: readonly Asking[] = [10, 2].flatMap((hz) =>
  CHANNELS.map((channels, nth) => ({ hz, isPacked: nth === 0, channels })),
);

/** One room as it is: the events since it began, and its last values by a fold of its own. */
class TrueRoom {
  tap: Seat | null = null;
  cursor = 0 as Cursor;
  events: TapeEvent[] = [];

  push(events: readonly TapeEvent[]): void {
    this.events.push(...events);
    this.cursor = (this.cursor + 1) as Cursor;
    const texts = events.map((each) => JSON.stringify(each)).join(",");
    this.tap?.send(eventsMessage(this.cursor, texts, []));
  }

  /** A log that is another one: nothing of before is known. */
  begin(tap: Seat | null): void {
    this.tap = tap;
    this.events = [];
    const none = { metrics: [], bar: null, trade: null, positions: [], orders: [], book: null };
    tap?.send(JSON.stringify({ type: "snapshot", cursor: this.cursor, ...none }));
  }

  last(channels: Channels | null): Map<string, unknown> {
    const values = new Map<string, TapeEvent>();
    let book: BookState | null = null;
    for (const each of this.events) {
      if (each.kind === "book") book = foldBook(book, each, this.cursor);
      else if (each.ts >= (values.get(keyOf(each))?.ts ?? 0)) values.set(keyOf(each), each);
    }
    const all = [...values.values(), ...(book === null ? [] : [bookOf(book, LATEST_BOOK_LEVELS)])];
    const wanted = all.filter((each) => each !== null && (channels?.has(each) ?? true));
    return new Map(wanted.map((each) => [keyOf(each as TapeEvent), each]));
  }
}

function keyOf(each: TapeEvent): string {
  if (each.kind === "metric") return each.metric;
  return each.kind === "position" ? `position ${each.account}` : each.kind;
}

/** A client that keeps what it is told, and acknowledges when a step says so. */
export class Client {
  readonly values = new Map<SymbolName, Map<string, unknown>>();
  /** Values and what was left out, since its rooms were whole. */
  told = 0;
  texts: string[] = [];
  received = 0;
  /** Messages that were packed. */
  packed = 0;
  /** Symbols that were unsubscribed. */
  readonly #left = new Set<string>();

  take(sent: string | ArrayBuffer): void {
    this.received += 1;
    const text = typeof sent === "string" ? sent : new TextDecoder().decode(sent);
    if (typeof sent !== "string") this.packed += 1;
    for (const message of [JSON.parse(text)].flat()) {
      if (message.type === "subscribed")
        for (const each of message.symbols) this.#left.delete(each);
      if (message.type === "unsubscribed") for (const each of message.symbols) this.#left.add(each);
      if (message.type !== "latest") continue;
      // ST-4: nothing comes of them after the answer.
      for (const { symbol } of message.rooms) expect(this.#left.has(symbol)).toBe(false);
      latestSchema.parse(message);
      this.texts.push(JSON.stringify(message));
      this.#takeLatest(message);
    }
  }

  #takeLatest({ rooms, skipped }: LatestMessage): void {
    this.told += skipped;
    for (const { symbol, events, whole } of rooms) {
      if (whole === true) this.values.set(symbol, new Map());
      else this.told += events.length;
      const values = this.values.get(symbol);
      for (const each of events) values?.set(keyOf(each), each);
    }
  }
}

export class World {
  readonly time = new FakeTime();
  readonly rooms = new Map(ROOMS.map((symbol) => [symbol, new TrueRoom()]));
  readonly latest: LatestStreams;
  readonly streams: Stream[] = [];
  readonly clients: Client[] = [];
  /** Texts that were packed. */
  packs = 0;
  /** Nothing can be packed. */
  isPackless = false;
  readonly closed: number[] = [];
  readonly nameSets = new NameSets();
  /** Rooms that streams left, and those that are gone. */
  readonly left: string[] = [];

  constructor(asking: readonly Asking[] = ASKING) {
    this.latest = new LatestStreams({
      // It takes a while, as a host that is asked does.
      join: async (tap, enters) => {
        await this.time.wait(JOIN_MS);
        if (enters()) this.rooms.get(tap.symbol)?.begin(tap);
        return null;
      },
      leave: (tap) => {
        const left = this.rooms.get(tap.symbol);
        if (left?.tap === tap) left.tap = null;
      },
      barOf: () => null,
      // It takes a while, and the longer the text the longer.
      pack: async (text) => {
        this.packs += 1;
        if (this.isPackless) throw new Error("no memory");
        await this.time.wait(text.length / 10);
        return new TextEncoder().encode(text).buffer as ArrayBuffer;
      },
      nowMs: this.time.nowMs,
      wait: this.time.wait,
      keepAwake: (work) => void work,
    });
    for (const [nth, asked] of asking.entries()) this.open(nth, asked);
  }

  open(nth: number, { hz, isPacked, channels }: Asking): void {
    const client = new Client();
    const deps: StreamDeps = {
      windowChars: WINDOW,
      nameSets: this.nameSets,
      join: (stream, seat) => this.latest.follow(stream, seat),
      leave: (stream, { symbol }) => {
        this.left.push(symbol);
        this.latest.unfollow(stream, symbol);
      },
      acknowledged: (stream) => this.latest.goOn(stream),
      goOn: () => undefined,
      namesOf: async () => [],
      renew: async () => ({ kind: "refused", why: "" }),
      mustFlush: (stream) => stream.flush(),
      changed: () => undefined,
      gone: (stream) => {
        this.left.push("gone");
        this.latest.forget(stream);
      },
      nowMs: this.time.nowMs,
      wait: this.time.wait,
      keepAwake: (work) => void work,
    };
    const socket = {
      send: (message: string | ArrayBuffer) => client.take(message),
      close: () => {
        if (!this.isPackless) expect.fail("nobody closes it");
        this.closed.push(nth);
      },
      pingedMs: () => null,
      saveAttachment: () => undefined,
    };
    const terms = {
      ...{ mode: "latest" as const, hz, isPacked, channels },
      ...{ symbols: null, viewerKey: null, expiresAtMs: null },
    };
    const messages = { windowStartMs: 0, count: 0 };
    this.streams[nth] = new Stream({ id: nth, socket, terms, messages }, deps);
    this.clients[nth] = client;
  }

  /** The room goes away, and is there again for whoever asks. */
  end(symbol: SymbolName): void {
    const ended = this.rooms.get(symbol);
    const tap = ended?.tap ?? null;
    if (ended !== undefined) ended.tap = null;
    tap?.close(4_000, "");
  }

  acknowledge(nth: number): void {
    const { received } = this.clients[nth] as Client;
    this.streams[nth]?.take({ type: "ack", messages: received });
  }
}
