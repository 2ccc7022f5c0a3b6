import { expect } from "vitest";
import type { StreamAttachment } from "../../../durable/streams/stream/saved-stream.ts";
import {
  roomMessageSchema,
  type StreamMessage,
  streamMessageSchema,
} from "../../../src/protocol/streams/server-message.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { ModelHosts } from "../host/model/hosts.ts";
import type { StreamOfModel } from "../host/model/streams.ts";
import { ModelViewer } from "../host/model/viewer.ts";
import { settle } from "../room/fake-time.ts";
import type { StreamsWorld, WorldSocket } from "./streams-world.ts";

interface Place {
  since: Cursor | null;
  log: LogId | null;
}

/** One client with a socket over many rooms, and in each room a viewer that holds it to its word. When it ends it comes back by a new socket. */
export class ModelStream implements StreamOfModel {
  /** Acknowledges only when a step says so. */
  isLazy: boolean;
  readonly pattern: string | null;
  mostUnacked = 0;
  failure: unknown = null;
  readonly #hosts: ModelHosts;
  readonly #streams: StreamsWorld;
  readonly #viewers = new Map<SymbolName, ModelViewer>();
  /** What each room was asked for with. */
  readonly #asked = new Map<SymbolName, Place>();
  /** Rooms that a pattern found, and that have said no more than `hello`. */
  readonly #greeted = new Map<SymbolName, string>();
  /** What was under way when it was unsubscribed may still come, until that is answered. */
  readonly #leaving = new Map<SymbolName, number>();
  #socket: ModelSocket | null = null;
  #patternUs = 0 as Cursor;
  #received = 0;
  #unacked: number[] = [];

  /** `pattern`: what it subscribes to beside the rooms of its viewers. */
  constructor(
    hosts: ModelHosts,
    streams: StreamsWorld,
    isLazy: boolean,
    pattern: string | null = null,
  ) {
    this.#hosts = hosts;
    this.#streams = streams;
    this.isLazy = isLazy;
    this.pattern = pattern;
  }

  get socket(): ModelSocket | null {
    return this.#socket;
  }

  /** Symbols of which it has ever been told. */
  get met(): ReadonlySet<SymbolName> {
    return new Set(this.#viewers.keys());
  }

  get openViewers(): ModelViewer[] {
    return [...this.#viewers.values()].filter(({ state }) => state === "open");
  }

  async subscribe(symbol: SymbolName, place: Place): Promise<void> {
    await this.open();
    // It may be watched, or about to be.
    await this.unsubscribe(symbol);
    this.#asked.set(symbol, place);
    const { since, log } = place;
    const entry = {
      symbol,
      ...(since !== null && { since }),
      ...(since !== null && log !== null && { log }),
    };
    this.#say({ type: "subscribe", id: 7, symbols: [entry] });
    await this.#hosts.pass(0);
  }

  async unsubscribe(symbol: SymbolName): Promise<void> {
    if (this.#socket === null) return;
    this.#leaving.set(symbol, (this.#leaving.get(symbol) ?? 0) + 1);
    this.#greeted.delete(symbol);
    this.#say({ type: "unsubscribe", symbols: [symbol] });
    const viewer = this.#viewers.get(symbol);
    if (viewer !== undefined) viewer.state = "closed";
    await settle();
  }

  /** So much of what it was sent. */
  acknowledge(far: number): void {
    const messages = this.#received - Math.floor(this.#unacked.length * (1 - far));
    this.#unacked.splice(0, this.#unacked.length - (this.#received - messages));
    this.#say({ type: "ack", messages });
  }

  acknowledgeWhenDue(): void {
    const unacked = this.#unacked.reduce((sum, chars) => sum + chars, 0);
    if (!this.isLazy && unacked >= 8_000) this.acknowledge(1);
  }

  /** Sends to it fail from here on. */
  break(): void {
    if (this.#socket !== null) this.#socket.isBroken = true;
    this.ended();
  }

  /** Its socket is no more. */
  ended(): void {
    this.#socket = null;
    for (const viewer of this.#viewers.values()) viewer.state = "closed";
    this.#greeted.clear();
    this.#leaving.clear();
    this.#received = 0;
    this.#unacked = [];
  }

  async open(): Promise<void> {
    if (this.#socket !== null) return;
    const socket = new ModelSocket(this, this.#hosts.time.nowMs);
    this.#socket = socket;
    this.#patternUs = (this.#hosts.time.nowMs() * 1_000) as Cursor;
    // A pattern finds anew what there is.
    if (this.pattern !== null) this.#asked.clear();
    const refusal = await this.#streams.join(socket, this.pattern);
    expect(refusal).toBeNull();
    await settle();
  }

  /** A message of the server. */
  take(text: string): void {
    try {
      this.#received += 1;
      this.#unacked.push(text.length);
      this.mostUnacked = Math.max(
        this.mostUnacked,
        this.#unacked.reduce((sum, each) => sum + each, 0),
      );
      const value: unknown = JSON.parse(text);
      for (const message of Array.isArray(value) ? value : [value]) this.#takeOne(message);
    } catch (error) {
      this.failure ??= error;
    }
  }

  #takeOne(message: StreamMessage & { symbol?: string }): void {
    // Events are compared with what was posted, which is far quicker.
    if (message.type !== "events") streamMessageSchema.parse(message);
    switch (message.type) {
      case "welcome":
      case "subscribed":
        return;
      case "unsubscribed":
        for (const symbol of message.symbols) this.#hasLeft(symbol);
        return;
      case "closed":
        expect(message.code).toBe(4000);
        this.#viewerOf(message.symbol).close(message.code);
        return;
      case "error":
        // A room that does not know yet what was before may be asked again.
        expect(["not_known_yet", "not_subscribed"]).toContain(message.code);
        if (message.code === "not_subscribed") this.#hasLeft(message.symbol as SymbolName);
        return;
      case "latest":
      case "renewed":
        expect.fail(`nobody asked for ${message.type}`);
        return;
      default: {
        const { symbol, ...said } = message;
        if (message.type === "hello") roomMessageSchema.parse(message);
        this.#hear(symbol, said.type, JSON.stringify(said));
      }
    }
  }

  #hasLeft(symbol: SymbolName): void {
    this.#leaving.set(symbol, (this.#leaving.get(symbol) ?? 0) - 1);
  }

  #hear(symbol: SymbolName, type: string, text: string): void {
    if ((this.#leaving.get(symbol) ?? 0) > 0) return;
    if (type === "hello") {
      expect(this.#viewers.get(symbol)?.state).not.toBe("open");
      const asked = this.#asked.get(symbol);
      if (asked === undefined) this.#greeted.set(symbol, text);
      else this.#enter(symbol, asked, text);
      return;
    }
    const hello = this.#greeted.get(symbol);
    if (hello !== undefined) {
      // Found by the pattern: what there was from now on, what came later from the moment of the pattern.
      this.#greeted.delete(symbol);
      const since = type === "snapshot" ? null : this.#patternUs;
      this.#enter(symbol, { since, log: null }, hello);
    }
    const viewer = this.#viewerOf(symbol);
    viewer.send(text);
    // What is in flight is counted over all rooms.
    viewer.acked(Number.POSITIVE_INFINITY);
  }

  #enter(symbol: SymbolName, { since, log }: Place, hello: string): void {
    const hosts = this.#hosts;
    const room = hosts.room(symbol);
    const { told, tape } = room;
    const mayReset = !room.hadFramesIn(log) || (since ?? 0) > tape.head;
    const viewer = new ModelViewer(
      { tape, nowMs: hosts.time.nowMs, told, mayReset, mayLag: true },
      // A cursor ahead of the room counted as its newest when the room let it in: more may have been pushed since.
      since === null ? null : (Math.min(since, JSON.parse(hello).cursor) as Cursor),
    );
    this.#viewers.set(symbol, viewer);
    hosts.seats.take(viewer, { ...hosts.nextSeat(symbol), relay: null, stream: this });
    viewer.send(hello);
  }

  #viewerOf(symbol: SymbolName): ModelViewer {
    return this.#viewers.get(symbol) ?? expect.fail(`nobody watches ${symbol}`);
  }

  #say(message: object): void {
    if (this.#socket !== null) this.#streams.heard(this.#socket, JSON.stringify(message));
  }
}

export class ModelSocket implements WorldSocket {
  attachment: StreamAttachment | null = null;
  isBroken = false;
  isClosed = false;
  readonly #stream: ModelStream;
  readonly #nowMs: () => number;

  constructor(stream: ModelStream, nowMs: () => number) {
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  send(text: string): void {
    if (this.isBroken || this.isClosed) throw new TypeError("the socket is closed");
    this.#stream.take(text);
  }

  cut(): void {
    this.close();
  }

  close(): void {
    this.isClosed = true;
    if (this.#stream.socket === this) this.#stream.ended();
  }

  pingedMs(): number {
    return this.#nowMs();
  }

  saveAttachment(attachment: StreamAttachment): void {
    expect(JSON.stringify(attachment).length).toBeLessThan(16_384);
    this.attachment = structuredClone(attachment);
  }
}
