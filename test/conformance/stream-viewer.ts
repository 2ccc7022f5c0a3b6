import { HEARTBEAT_MS, PING, PONG } from "../../src/protocol/socket/heartbeat.ts";
import { type StreamMessage, streamTextSchema } from "../../src/protocol/streams/server-message.ts";
import { type Awaited, awaited, textOf } from "./arrival.ts";
import { parsed, Unmet } from "./expectation.ts";
import type { Connection, Server } from "./server.ts";

type MessageOf<Type extends StreamMessage["type"]> = Extract<StreamMessage, { type: Type }>;

/** One socket over many rooms. What it is told waits until it is asked for, for rooms speak when they like. */
export class StreamViewer {
  /** Texts that came, `pong`s not counted, and their characters. */
  received = 0;
  chars = 0;
  readonly #connection: Connection;
  readonly #server: Server;
  readonly #waiting: StreamMessage[] = [];

  private constructor(connection: Connection, server: Server) {
    this.#connection = connection;
    this.#server = server;
    void this.#ping();
  }

  /** @throws {Unmet} where the upgrade is refused. */
  static async open(server: Server, query: Record<string, string> = {}): Promise<StreamViewer> {
    const path = streamPath(query);
    const connection = await server.connect(path);
    if (connection.kind === "open") return new StreamViewer(connection, server);
    throw new Unmet(`a stream at ${path}`, `${connection.status} ${connection.text}`);
  }

  say(message: object | string): void {
    this.#connection.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  async next(): Promise<StreamMessage> {
    const wanted = awaited(this.#server.clock, "a message");
    while (this.#waiting.length === 0) await this.#receive(wanted);
    return this.#waiting.shift() as StreamMessage;
  }

  /** The next message of this type, and of this symbol where one is named. */
  async find<Type extends StreamMessage["type"]>(
    type: Type,
    symbol?: string,
  ): Promise<MessageOf<Type>> {
    const what = `the message ${type}${symbol === undefined ? "" : ` of ${symbol}`}`;
    const wanted = awaited(this.#server.clock, what, this.#waiting);
    for (let looked = 0; ; ) {
      for (; looked < this.#waiting.length; looked += 1) {
        const message = this.#waiting[looked] as StreamMessage;
        const isOf = symbol === undefined || ("symbol" in message && message.symbol === symbol);
        if (message.type !== type || !isOf) continue;
        this.#waiting.splice(looked, 1);
        return message as MessageOf<Type>;
      }
      await this.#receive(wanted);
    }
  }

  /** Values of the points of a room, in the order that they come, until there are `count`. */
  async values(symbol: string, count: number): Promise<number[]> {
    const values: number[] = [];
    while (values.length < count) {
      const { events } = await this.find("events", symbol);
      for (const event of events) if (event.kind === "metric") values.push(event.value);
    }
    return values;
  }

  async #receive(wanted: Awaited): Promise<void> {
    const text = await textOf(this.#connection, this.#server.clock, wanted);
    if (text === PONG) return;
    const said = parsed("a message of a stream", streamTextSchema, text);
    this.received += 1;
    this.chars += text.length;
    this.#waiting.push(...[said].flat());
  }

  async #ping(): Promise<void> {
    for (;;) {
      await this.#server.clock.sleep(HEARTBEAT_MS);
      if (!this.#connection.isOpen()) return;
      this.say(PING);
    }
  }
}

export function streamPath(query: Record<string, string>): string {
  return `/ws?${new URLSearchParams(query)}`;
}
