import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { metrics } from "../../../../src/telemetry/metrics.ts";
import type { ViewerAttachment, ViewerSocket } from "../viewer.ts";

/** A socket's room, and the port that its viewer is known by. */
export interface Seat<Attachment> {
  symbol: SymbolName;
  port: ViewerSocket<Attachment>;
  /** Has its client said anything but pings? */
  hasSpoken: boolean;
}

/** What a socket keeps while the host sleeps. */
interface SocketAttachment<Attachment> {
  symbol: SymbolName;
  viewer: Attachment;
}

/** The sockets of a host, each with its room and its port. */
export class Sockets<Attachment = ViewerAttachment> {
  readonly #seats = new Map<WebSocket, Seat<Attachment>>();
  readonly #pingedAt: (ws: WebSocket) => Date | null;
  readonly #nowMs: () => number;
  /** Those closed by us whose clients have not answered yet, and when. */
  readonly #closedAtMs = new Map<WebSocket, number>();

  /** `pingedAt`: when the platform last answered a ping of the socket. */
  constructor(pingedAt: (ws: WebSocket) => Date | null, nowMs: () => number) {
    this.#pingedAt = pingedAt;
    this.#nowMs = nowMs;
  }

  /** Of those whose clients have not answered our close: how long ago it was, in ms. */
  get closedForMs(): number[] {
    const nowMs = this.#nowMs();
    return Array.from(this.#closedAtMs.values(), (atMs) => nowMs - atMs);
  }

  get closing(): number {
    return this.#closedAtMs.size;
  }

  /** Those that were not closed by us. */
  get open(): number {
    return this.#seats.size - this.#closedAtMs.size;
  }

  /** A viewer's socket, from now on. */
  add(ws: WebSocket, symbol: SymbolName): ViewerSocket<Attachment> {
    const port: ViewerSocket<Attachment> = {
      pingedMs: () => this.#pingedAt(ws)?.getTime() ?? null,
      send: (message) => {
        ws.send(message);
        metrics.sentMessages.add(1, {});
        metrics.sentBytes.add(
          typeof message === "string" ? message.length : message.byteLength,
          {},
        );
      },
      close: (code, reason) => {
        this.#closedAtMs.set(ws, this.#nowMs());
        ws.close(code, reason);
      },
      saveAttachment: (viewer) =>
        ws.serializeAttachment({ symbol, viewer } satisfies SocketAttachment<Attachment>),
    };
    this.#seats.set(ws, { symbol, port, hasSpoken: false });
    return port;
  }

  seatOf(ws: WebSocket): Seat<Attachment> | undefined {
    return this.#seats.get(ws);
  }

  /** Those of the sockets that slept with the host and are open. Those that were closed before were closed long ago. */
  asleep(
    sockets: readonly WebSocket[],
  ): (readonly [SymbolName, ViewerSocket<Attachment>, Attachment])[] {
    return sockets.flatMap((ws) => {
      if (ws.readyState !== WebSocket.OPEN) {
        this.#closedAtMs.set(ws, Number.NEGATIVE_INFINITY);
        return [];
      }
      const { symbol, viewer } = ws.deserializeAttachment() as SocketAttachment<Attachment>;
      return [[symbol, this.add(ws, symbol), viewer] as const];
    });
  }

  forget(ws: WebSocket): void {
    this.#seats.delete(ws);
    this.#closedAtMs.delete(ws);
  }

  *[Symbol.iterator](): Iterator<ViewerSocket<Attachment>> {
    for (const { port } of this.#seats.values()) yield port;
  }
}

/**
 * Answers a client's close. 1005, 1006 and 1015 stand for "no code came" and cannot be sent (RFC 6455, 7.4.1).
 */
export function answerClose(ws: WebSocket, code: number): void {
  ws.close(code === 1005 || code === 1006 || code === 1015 ? 1000 : code);
}
