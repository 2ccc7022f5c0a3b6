import { HEARTBEAT_MS, PING, PONG } from "../../src/protocol/socket/heartbeat.ts";
import {
  type ServerMessage,
  serverMessageSchema,
} from "../../src/protocol/socket/server-message.ts";
import { type Awaited, arrivalOf, awaited, PATIENCE_MS, textOf } from "./arrival.ts";
import { equals, holds, parsed, Unmet } from "./expectation.ts";
import type { Clock, Connection, Server } from "./server.ts";

type MessageOf<Type extends ServerMessage["type"]> = Extract<ServerMessage, { type: Type }>;

/** A viewer of a room. It pings as SPEC H-1 asks, unless it is silent, and acks nothing by itself. */
export class Viewer {
  readonly #connection: Connection;
  readonly #clock: Clock;

  constructor(connection: Connection, clock: Clock, isSilent = false) {
    this.#connection = connection;
    this.#clock = clock;
    if (!isSilent) void this.#ping();
  }

  /** Connects; the first message is still to be read. `since` as in the URL. */
  static async join(server: Server, symbol: string, since?: number | string): Promise<Viewer> {
    return new Viewer(await open(server, symbol, since), server.clock);
  }

  /** The same, and reads until it is live; what came before is of no interest. */
  static async live(server: Server, symbol: string, since: number | string = 0): Promise<Viewer> {
    const viewer = await Viewer.join(server, symbol, since);
    await viewer.until("caught_up");
    return viewer;
  }

  send(data: string | Uint8Array): void {
    this.#connection.send(data);
  }

  ack(cursor: number): void {
    this.send(JSON.stringify({ type: "ack", cursor }));
  }

  close(code?: number): void {
    this.#connection.close(code);
  }

  async nextText(patienceMs = PATIENCE_MS): Promise<string> {
    const wanted = awaited(this.#clock, "a message", [], patienceMs);
    return textOf(this.#connection, this.#clock, wanted);
  }

  async next(patienceMs = PATIENCE_MS): Promise<ServerMessage> {
    return this.#next(awaited(this.#clock, "a message", [], patienceMs));
  }

  /** The next message, which must be of this type. */
  async expect<Type extends ServerMessage["type"]>(type: Type): Promise<MessageOf<Type>> {
    const message = await this.#next(awaited(this.#clock, `the message ${type}`));
    holds(`the message ${type} next`, message.type === type, message);
    return message as MessageOf<Type>;
  }

  /** All messages up to and with the first of this type. */
  async until(type: ServerMessage["type"], patienceMs = PATIENCE_MS): Promise<ServerMessage[]> {
    const messages: ServerMessage[] = [];
    const what = `the message ${type}`;
    do messages.push(await this.#next(awaited(this.#clock, what, messages, patienceMs)));
    while (messages.at(-1)?.type !== type);
    return messages;
  }

  /** The first message of this type for which `fits` is true; passes over what else comes. */
  async find<Type extends ServerMessage["type"]>(
    type: Type,
    fits: (message: MessageOf<Type>) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<MessageOf<Type>> {
    const instead: ServerMessage[] = [];
    const wanted = awaited(this.#clock, `the message ${type} looked for`, instead, patienceMs);
    for (;;) {
      const message = await this.#next(wanted);
      if (message.type === type && fits(message as MessageOf<Type>)) {
        return message as MessageOf<Type>;
      }
      instead.push(message);
    }
  }

  /** Values of the points it is sent, acknowledged as they come, until one is `last` or beyond. */
  async valuesTo(last: number): Promise<{ values: number[]; cursor: number }> {
    const values: number[] = [];
    const what = `values up to ${last}`;
    for (;;) {
      const message = await this.#next(awaited(this.#clock, what, values));
      if (message.type !== "events") continue;
      for (const event of message.events) if (event.kind === "metric") values.push(event.value);
      this.ack(message.cursor);
      if (values.some((value) => value >= last)) return { values, cursor: message.cursor };
    }
  }

  /** Waits until the server closes it. @throws {Unmet} where the code is another. */
  async closedWith(code: number, patienceMs = PATIENCE_MS): Promise<void> {
    const wanted = awaited(this.#clock, `a close with ${code}`, [], patienceMs);
    for (;;) {
      const arrival = await arrivalOf(this.#connection, this.#clock, wanted);
      if (arrival.kind === "message") continue;
      equals("a close with", arrival.code, code);
      return;
    }
  }

  /** The answers to its own pings are no messages, and nobody waits longer for them. */
  async #next(wanted: Awaited): Promise<ServerMessage> {
    for (;;) {
      const text = await textOf(this.#connection, this.#clock, wanted);
      if (text !== PONG) return parsed("a message", serverMessageSchema, text);
    }
  }

  async #ping(): Promise<void> {
    for (;;) {
      await this.#clock.sleep(HEARTBEAT_MS);
      if (!this.#connection.isOpen()) return;
      this.send(PING);
    }
  }
}

export function socketPath(symbol: string, since?: number | string): string {
  const query = since === undefined ? "" : `?since=${encodeURIComponent(since)}`;
  return `/ws/${encodeURIComponent(symbol)}${query}`;
}

/** @throws {Unmet} where the upgrade is refused. */
export async function open(
  server: Server,
  symbol: string,
  since?: number | string,
): Promise<Connection> {
  const connection = await server.connect(socketPath(symbol, since));
  if (connection.kind === "open") return connection;
  throw new Unmet(`a socket of ${symbol}`, `${connection.status} ${connection.text}`);
}
