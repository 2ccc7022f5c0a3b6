import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

export interface Post {
  /** When it came, in ms of a clock that nobody sets. */
  atMs: number;
  route: string;
  key: string;
  events: Record<string, unknown>[];
  headers: IncomingHttpHeaders;
}

export interface Told {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/**
 * An Edgetape server for the tests of clients that push: it takes pushes, and answers as it is told to. Like the product it knows
 * keys: a push with a key it has taken counts once, and a key with another body is refused.
 */
export class FakeServer {
  readonly posts: Post[] = [];
  readonly #taken = new Map<string, Record<string, unknown>[]>();
  readonly #bodies = new Map<string, string>();
  readonly #server: Server;
  /** `null`: the connection breaks after the push was taken. */
  answer: (post: Post) => Told | null = () => ({ status: 202 });

  constructor() {
    this.#server = createServer(async (request, response) => {
      const raw = await buffer(request);
      const isGzip = request.headers["content-encoding"] === "gzip";
      const body = (isGzip ? gunzipSync(raw) : raw).toString();
      const post = {
        atMs: performance.now(),
        route: (request.url ?? "").split("/").at(-1) ?? "",
        key: String(request.headers["idempotency-key"]),
        events: JSON.parse(body) as Record<string, unknown>[],
        headers: request.headers,
      };
      this.posts.push(post);
      let told = this.answer(post);
      if (told === null || told.status < 300) {
        const before = this.#bodies.get(post.key);
        if (before === undefined) {
          this.#bodies.set(post.key, body);
          this.#taken.set(post.route, [...this.of(post.route), ...post.events]);
        } else if (before !== body) {
          told = { status: 422, body: { type: "urn:edgetape:problem:idempotency-key-reused" } };
        }
      }
      if (told === null) {
        request.socket.destroy();
        return;
      }
      const { status, headers = {}, body: said = { accepted: post.events.length } } = told;
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof said === "string" ? said : JSON.stringify(said));
    });
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Events that a route has taken, each once. */
  of(route: string): Record<string, unknown>[] {
    return this.#taken.get(route) ?? [];
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
