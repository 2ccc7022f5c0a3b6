import type { ViewerSocket } from "./viewer.ts";

/** The room's sockets, each with the port its viewers are known by. */
export class Sockets {
  readonly #ports = new Map<WebSocket, ViewerSocket>();
  readonly #pingedAt: (ws: WebSocket) => Date | null;

  /** `pingedAt`: when the platform last answered a ping of the socket. */
  constructor(pingedAt: (ws: WebSocket) => Date | null) {
    this.#pingedAt = pingedAt;
  }

  portOf(ws: WebSocket): ViewerSocket {
    const known = this.#ports.get(ws);
    if (known !== undefined) return known;
    const port: ViewerSocket = {
      pingedMs: () => this.#pingedAt(ws)?.getTime() ?? null,
      send: (text) => ws.send(text),
      close: (code, reason) => ws.close(code, reason),
      saveAttachment: (attachment) => ws.serializeAttachment(attachment),
    };
    this.#ports.set(ws, port);
    return port;
  }

  forget(ws: WebSocket): void {
    this.#ports.delete(ws);
  }

  [Symbol.iterator](): Iterator<ViewerSocket> {
    return this.#ports.values();
  }
}

/**
 * Answers a client's close. 1005, 1006 and 1015 stand for "no code came" and cannot be sent (RFC 6455, 7.4.1).
 */
export function answerClose(ws: WebSocket, code: number): void {
  ws.close(code === 1005 || code === 1006 || code === 1015 ? 1000 : code);
}
