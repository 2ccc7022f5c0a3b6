import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type Server,
  ServerResponse,
} from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { GUARDED_CF_HEADER } from "../build/capnp-config.ts";
import { Connections } from "./connections.ts";
import type { GuardLimits } from "./guard-limits.ts";
import { BUSY, refuse, UNREADABLE } from "./refusals.ts";
import { kindOf } from "./request-kind.ts";
import { Turns } from "./turns.ts";

/** A head that has begun is to be whole within so long, and a request with its body, in ms. */
const HEAD_MS = 10_000;
const REQUEST_MS = 60_000;
/** A body that is no longer goes on in one write with its head: a runtime that refuses it at the head closes on what comes behind. */
const SMALL_BODY_BYTES = 64 * 1024;
/** As much as a runtime takes of a head. */
const MOST_HEAD_BYTES = 65_536;
/** So long after a runtime was not reached it is asked again, in ms. */
const ASK_AGAIN_MS = 100;

/** They are of one connection, and said anew for the other one. */
const OF_A_CONNECTION = new Set(
  "connection,keep-alive,proxy-connection,expect,trailer,upgrade,http2-settings".split(","),
);

const nothing = () => undefined;

/** The first comes before the event loop looks at the network, or just behind a look that began earlier; the second behind one. */
const afterLook = (work: () => void) => setImmediate(() => setImmediate(work));

/**
 * Stands between clients and runtimes where descriptors are few: it hands on requests, and keeps connections that ask nothing to
 * itself. Where those are too many it closes the oldest, so they can take nothing from who asks; so it does with requests of which
 * only a part has come.
 */
export class Guard {
  readonly #connections: Connections<Duplex>;
  readonly #runtimesPath: string;
  readonly #servers: Server[] = [];
  readonly #turns = new Turns<Duplex>((socket) => this.#connections.asksAhead(socket));
  #isLast = false;
  #isAsking = false;

  /** `runtimesPath`: the unix socket that runtimes accept from. */
  constructor(runtimesPath: string, limits: GuardLimits) {
    this.#runtimesPath = runtimesPath;
    this.#connections = new Connections(limits, afterLook);
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
      shouldUpgradeCallback: isUpgrade,
      // Who asks again and again keeps its connection, as without a guard.
      ...{ keepAliveTimeout: 0, maxHeaderSize: MOST_HEAD_BYTES, noDelay: true },
    });
    server.on("connection", (socket: Socket) => {
      this.#connections.opened(socket);
      socket.once("close", () => this.#connections.closed(socket));
    });
    server.on("request", (asked, response) => {
      if (this.#isLast) response.shouldKeepAlive = false;
      // What is sent before the answer takes no place until its turn.
      const asking = { asked, answer: response, isShort: kindOf(asked) === "short" };
      this.#turns.take(asked.socket, asking, () => this.#pass(asked, response));
    });
    server.on("upgrade", (asked, socket, head) => this.#upgrade(asked, socket, head));
    this.#servers.push(server);
    return server;
  }

  /** Of the fullest runtime. */
  hasSpare(descriptors: number): void {
    this.#connections.look(descriptors);
  }

  /** Accepts nothing more, and says with each answer that it is the last on its connection. */
  sayLast(): void {
    this.#isLast = true;
    // That of HTTP would close what asks nothing now, and may just be sent a request.
    for (const server of this.#servers) NetServer.prototype.close.call(server);
  }

  /** Accepts nothing more, and closes what asks nothing. */
  close(): void {
    for (const server of this.#servers) server.close();
  }

  /**
   * What was given up may stand before a runtime yet, which accepts it to close it. It has once it answers what is asked after that.
   */
  #askAfterGivenUp(): void {
    if (this.#isAsking || !this.#connections.hasGivenUp) return;
    this.#isAsking = true;
    const number = this.#connections.nextNumber();
    const path = "/healthz";
    const asking = request({ socketPath: this.#runtimesPath, method: "HEAD", path, agent: false });
    const isDone = (afterMs: number) => {
      const again = () => {
        this.#isAsking = false;
        this.#askAfterGivenUp();
      };
      setTimeout(again, afterMs).unref();
    };
    asking.once("response", (answer) => {
      answer.resume();
      this.#connections.accepted(number);
      isDone(0);
    });
    // The runtime has just died: whoever comes after it has accepted nothing yet.
    asking.once("error", () => isDone(ASK_AGAIN_MS));
    asking.end();
  }

  #end(socket: Duplex, isOpen: boolean): void {
    const asksMore = this.#turns.isAhead(socket) ? "ahead" : "idle";
    this.#connections.end(socket, isOpen ? asksMore : "closed");
    this.#askAfterGivenUp();
  }

  #pass(asked: IncomingMessage, response: ServerResponse): void {
    const { socket } = asked;
    if (!this.#begin(asked)) {
      refuse(response, BUSY);
      return;
    }
    response.sendDate = false;
    const passed = this.#request(asked, ["Connection", "close"]);
    if (passed === null) {
      this.#connections.received(socket);
      response.once("close", () => this.#end(socket, false));
      refuse(response, UNREADABLE);
      return;
    }
    let isAnswered = false;
    passed.once("response", (answer) => {
      isAnswered = true;
      this.#connections.answered(socket);
      if (this.#isLast) response.shouldKeepAlive = false;
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
      this.#end(socket, !socket.destroyed);
    });
    asked.once("end", () => this.#connections.received(socket));
    if (Number(asked.headers["content-length"]) <= SMALL_BODY_BYTES) {
      const parts: Buffer[] = [];
      asked.on("data", (part: Buffer) => parts.push(part));
      asked.once("end", () => passed.end(Buffer.concat(parts)));
    } else asked.pipe(passed);
  }

  #upgrade(asked: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", nothing);
    const response = new ServerResponse(asked);
    response.shouldKeepAlive = false;
    response.sendDate = false;
    // One that is sent before the answer to something else is against the rules of HTTP.
    if (this.#turns.has(socket)) {
      socket.destroy();
      return;
    }
    if (!this.#begin(asked)) {
      response.assignSocket(socket as Socket);
      refuse(response, BUSY);
      response.once("finish", () => socket.end());
      return;
    }
    // Nobody reads the socket until then, and so nobody sees it close.
    const late = setTimeout(() => socket.destroy(), HEAD_MS);
    const passed = this.#request(asked, ["Connection", "Upgrade", "Upgrade", "websocket"]);
    if (passed === null) {
      clearTimeout(late);
      this.#end(socket, false);
      socket.destroy();
      return;
    }
    passed.once("upgrade", (answer, upstream, first) => {
      clearTimeout(late);
      this.#connections.answered(socket);
      socket.write(headText(answer));
      upstream.unshift(first);
      socket.unshift(head);
      pipeline(socket, upstream, nothing);
      pipeline(upstream, socket, nothing);
    });
    passed.once("response", (answer) => {
      clearTimeout(late);
      this.#connections.answered(socket);
      response.assignSocket(socket as Socket);
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersOf(answer));
      pipeline(answer, response, () => socket.end());
    });
    passed.on("error", () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(late);
      passed.destroy();
      this.#end(socket, false);
    });
    this.#connections.received(socket);
    passed.end();
  }

  #begin(asked: IncomingMessage): boolean {
    const isBegun = this.#connections.begin(asked.socket, kindOf(asked));
    this.#askAfterGivenUp();
    return isBegun;
  }

  /** Null where its head is none that can be handed on. */
  #request(asked: IncomingMessage, connection: string[]): ClientRequest | null {
    try {
      return request(this.#options(asked, connection));
    } catch {
      return null;
    }
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

/** One with a body is a request like any other: a runtime would wait for the body, and nobody would send it on. */
function isUpgrade({ method, headers }: IncomingMessage): boolean {
  const hasBody =
    headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  return method === "GET" && !hasBody && headers.upgrade?.toLowerCase() === "websocket";
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
