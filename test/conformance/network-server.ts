import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { SUBPROTOCOL } from "../../src/protocol/socket/version.ts";
import type {
  Arrival,
  Connection,
  ConnectRequest,
  HttpRequest,
  Refusal,
  Server,
} from "./server.ts";

/** An answer that takes longer is a failure, in ms. A poll waits up to 30 s. */
const HTTP_TIMEOUT_MS = 60_000;

export interface Target {
  /** `http://host:port`, without a slash behind it. */
  url: string;
  token: string | undefined;
}

/** A server over the network. Symbols begin with a random prefix, so runs do not meet. */
export function networkServer({ url, token }: Target): Server {
  const prefix = `CONF-${randomBytes(4).toString("hex")}`;
  let made = 0;
  const bearer = (given: string | null | undefined): Record<string, string> => {
    const used = given === undefined ? token : given;
    return used === undefined || used === null ? {} : { authorization: `Bearer ${used}` };
  };
  return {
    async http(path, request: HttpRequest = {}) {
      const { method = "GET", body, headers = {} } = request;
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...bearer(request.token), ...headers },
        body: body ?? null,
        signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    connect(path, request: ConnectRequest = {}) {
      const { protocols = [SUBPROTOCOL], headers = {} } = request;
      const socket = new WebSocket(`${url.replace(/^http/, "ws")}${path}`, [...protocols], {
        headers: { ...bearer(request.token), ...headers },
        // Offered, so that a server which takes it is found out (SPEC L-1).
        perMessageDeflate: true,
        handshakeTimeout: HTTP_TIMEOUT_MS,
      });
      return opened(socket);
    },
    clock: { nowMs: () => Date.now(), sleep: (ms) => sleep(ms) },
    newSymbol: () => {
      made += 1;
      return `${prefix}-${made}`;
    },
  };
}

function opened(socket: WebSocket): Promise<Connection | Refusal> {
  const arrivals = new Arrivals();
  socket.on("message", (data) => arrivals.add({ kind: "message", text: String(data) }));
  socket.on("close", (code) => arrivals.add({ kind: "closed", code }));
  return new Promise((resolve, reject) => {
    socket.on("open", () =>
      resolve({
        kind: "open",
        protocol: socket.protocol,
        extensions: socket.extensions,
        send: (data) => socket.send(data, () => {}),
        close: (code) => socket.close(code),
        isOpen: () => socket.readyState === WebSocket.OPEN,
        read: () => arrivals.next(),
      }),
    );
    socket.on("unexpected-response", (_, response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const headers = new Headers();
        for (const [name, value] of Object.entries(response.headers)) {
          if (value !== undefined) headers.set(name, String(value));
        }
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ kind: "refused", status: response.statusCode ?? 0, headers, text });
      });
    });
    socket.on("error", reject);
  });
}

/** What has come and was not read yet. */
class Arrivals {
  readonly #waiting: Arrival[] = [];
  #end: Arrival | null = null;
  #wake: (() => void) | null = null;

  add(arrival: Arrival): void {
    if (arrival.kind === "closed") this.#end = arrival;
    else this.#waiting.push(arrival);
    this.#wake?.();
  }

  async next(): Promise<Arrival> {
    for (;;) {
      const arrival = this.#waiting.shift() ?? this.#end;
      if (arrival !== null) return arrival;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
