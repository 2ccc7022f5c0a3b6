import {
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type Server,
  ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { GUARDED_CF_HEADER } from "../capnp-config.ts";
import { Connections } from "./connections.ts";
import type { GuardLimits } from "./guard-limits.ts";

/** A head that has begun is to be whole within so long, and a request with its body, in ms. */
const HEAD_MS = 10_000;
const REQUEST_MS = 60_000;
/** As much as a runtime takes of a head. */
const MOST_HEAD_BYTES = 65_536;
const RETRY_S = 5;

/** They are of one connection, and said anew for the other one. */
const OF_A_CONNECTION = new Set(
  "connection,keep-alive,proxy-connection,expect,upgrade,http2-settings".split(","),
);

const PROBLEM = JSON.stringify({
  type: "urn:edgetape:problem:busy",
  title: "Busy",
  status: 503,
  detail:
    "This server has as many requests and viewers under way as its descriptors allow. Nothing of this request was taken: send it again. Its operator can raise the hard limit of descriptors (ulimit -H -n).",
});

const nothing = () => undefined;

/**
 * Stands between clients and runtimes where descriptors are few: it hands on requests, and keeps connections that ask nothing to
 * itself. Where those are too many it closes the oldest, so they can take nothing from who asks; so it does with requests of which
 * only a part has come.
 */
export class Guard {
  readonly #connections: Connections<Duplex>;
  readonly #runtimesPath: string;
  readonly #servers: Server[] = [];

  /** `runtimesPath`: the unix socket that runtimes accept from. */
  constructor(runtimesPath: string, limits: GuardLimits) {
    this.#runtimesPath = runtimesPath;
    this.#connections = new Connections(limits);
  }

  /** A server for one socket that listens. */
  server(): Server {
    const server = createServer({
      ...{
        headersTimeout: HEAD_MS,
        requestTimeout: REQUEST_MS,
        connectionsCheckingInterval: 1_000,
      },
      // Some clients would rather speak HTTP/2, and are answered all the same.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
      // Who asks again and again keeps its connection, as without a guard.
      ...{ keepAliveTimeout: 0, maxHeaderSize: MOST_HEAD_BYTES, noDelay: true },
    });
    server.on("connection", (socket: Socket) => {
      this.#connections.opened(socket);
      socket.once("close", () => this.#connections.closed(socket));
    });
    server.on("request", (asked, response) => this.#pass(asked, response));
    server.on("upgrade", (asked, socket, head) => this.#upgrade(asked, socket, head));
    this.#servers.push(server);
    return server;
  }

  /** Of the fullest runtime. */
  hasSpare(descriptors: number): void {
    this.#connections.look(descriptors);
  }

  /** Accepts nothing more, and closes what asks nothing. */
  close(): void {
    for (const server of this.#servers) server.close();
  }

  #pass(asked: IncomingMessage, response: ServerResponse): void {
    const { socket } = asked;
    if (!this.#connections.begin(socket)) {
      refuse(response);
      return;
    }
    response.sendDate = false;
    const passed = request(this.#options(asked, ["Connection", "close"]));
    let isAnswered = false;
    passed.once("response", (answer) => {
      isAnswered = true;
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersOf(answer));
      pipeline(answer, response, nothing);
    });
    // What is answered before all of it was sent is answered all the same.
    passed.on("error", () => {
      if (!isAnswered) socket.destroy();
    });
    response.once("close", () => {
      passed.destroy();
      // What comes yet of it is read, so that the next request can be.
      asked.unpipe(passed).resume();
      this.#connections.end(socket, !socket.destroyed);
    });
    asked.once("end", () => this.#connections.received(socket));
    asked.pipe(passed);
  }

  #upgrade(asked: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", nothing);
    const response = new ServerResponse(asked);
    response.shouldKeepAlive = false;
    response.sendDate = false;
    if (!this.#connections.begin(socket)) {
      response.assignSocket(socket as Socket);
      refuse(response);
      response.once("finish", () => socket.end());
      return;
    }
    const passed = request(this.#options(asked, ["Connection", "Upgrade", "Upgrade", "websocket"]));
    passed.once("upgrade", (answer, upstream, first) => {
      socket.write(headText(answer));
      upstream.unshift(first);
      socket.unshift(head);
      pipeline(socket, upstream, nothing);
      pipeline(upstream, socket, nothing);
    });
    passed.once("response", (answer) => {
      response.assignSocket(socket as Socket);
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersOf(answer));
      pipeline(answer, response, () => socket.end());
    });
    passed.on("error", () => socket.destroy());
    socket.once("close", () => {
      passed.destroy();
      this.#connections.end(socket, false);
    });
    this.#connections.received(socket);
    passed.end();
  }

  #options(asked: IncomingMessage, connection: string[]): RequestOptions {
    const { remoteAddress = "", remotePort = 0 } = asked.socket;
    const cf = { clientIp: `${bracketed(remoteAddress)}:${remotePort}` };
    return {
      ...{ socketPath: this.#runtimesPath, method: asked.method, path: asked.url, agent: false },
      headers: [...headersOf(asked), GUARDED_CF_HEADER, JSON.stringify(cf), ...connection],
    };
  }
}

/** As they came, name and value by turns. */
function headersOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, at) => {
    const name = rawHeaders[at - (at % 2)]?.toLowerCase() ?? "";
    return !OF_A_CONNECTION.has(name) && name !== GUARDED_CF_HEADER;
  });
}

function headText({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  let text = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  }
  return `${text}\r\n`;
}

function refuse(response: ServerResponse): void {
  response.writeHead(503, {
    ...{ "content-type": "application/problem+json", "retry-after": String(RETRY_S) },
    ...{ "content-length": Buffer.byteLength(PROBLEM), connection: "close" },
  });
  response.end(PROBLEM);
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
