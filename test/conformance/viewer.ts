import { HEARTBEAT_MS, PING, PONG } from "../../src/protocol/socket/heartbeat.ts";
import {
  type ServerMessage,
  serverMessageSchema,
} from "../../src/protocol/socket/server-message.ts";
import { equals, holds, parsed, Unmet } from "./expectation.ts";
import type { Arrival, Clock, Connection, Server } from "./server.ts";

type MessageOf<Type extends ServerMessage["type"]> = Extract<ServerMessage, { type: Type }>;

/** How long a message is waited for, in ms: a machine that does other things is slow, not wrong. */
const PATIENCE_MS = 15_000;

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
    const arrival = await this.#arrival(patienceMs);
    if (arrival.kind === "message") return arrival.text;
    throw new Unmet("an open socket", `a close with ${arrival.code}`);
  }

  async next(patienceMs = PATIENCE_MS): Promise<ServerMessage> {
    for (;;) {
      const text = await this.nextText(patienceMs);
      if (text !== PONG) return parsed("a message", serverMessageSchema, text);
    }
  }

  /** The next message, which must be of this type. */
  async expect<Type extends ServerMessage["type"]>(type: Type): Promise<MessageOf<Type>> {
    const message = await this.next();
    holds(`the message ${type} next`, message.type === type, message);
    return message as MessageOf<Type>;
  }

  /** All messages up to and with the first of this type. */
  async until(type: ServerMessage["type"], patienceMs = PATIENCE_MS): Promise<ServerMessage[]> {
    const messages: ServerMessage[] = [];
    do messages.push(await this.next(patienceMs));
    while (messages.at(-1)?.type !== type);
    return messages;
  }

  /** The first message of this type for which `fits` is true; passes over what else comes. */
  async find<Type extends ServerMessage["type"]>(
    type: Type,
    fits: (message: MessageOf<Type>) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<MessageOf<Type>> {
    const untilMs = this.#clock.nowMs() + patienceMs;
    for (;;) {
      const message = await this.next(Math.max(1, untilMs - this.#clock.nowMs()));
      if (message.type === type && fits(message as MessageOf<Type>)) {
        return message as MessageOf<Type>;
      }
    }
  }

  /** Values of the points it is sent, acknowledged as they come, until one is `last` or beyond. */
  async valuesTo(last: number): Promise<{ values: number[]; cursor: number }> {
    const values: number[] = [];
    for (;;) {
      const message = await this.next();
      if (message.type !== "events") continue;
      for (const event of message.events) if (event.kind === "metric") values.push(event.value);
      this.ack(message.cursor);
      if (values.some((value) => value >= last)) return { values, cursor: message.cursor };
    }
  }

  /** Waits until the server closes it. @throws {Unmet} where the code is another. */
  async closedWith(code: number, patienceMs = PATIENCE_MS): Promise<void> {
    const untilMs = this.#clock.nowMs() + patienceMs;
    for (;;) {
      const leftMs = Math.max(1, untilMs - this.#clock.nowMs());
      const arrival = await this.#arrival(leftMs, `a close with ${code} within ${patienceMs} ms`);
      if (arrival.kind === "message") continue;
      equals("a close with", arrival.code, code);
      return;
    }
  }

  async #arrival(patienceMs: number, what = `a message within ${patienceMs} ms`): Promise<Arrival> {
    const late = this.#clock.sleep(patienceMs).then(() => null);
    const arrival = await Promise.race([this.#connection.read(), late]);
    if (arrival === null) throw new Unmet(what, "nothing");
    return arrival;
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
