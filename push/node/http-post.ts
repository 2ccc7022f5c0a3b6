import * as http from "node:http";
import * as https from "node:https";
import type { Answer } from "./core/verdict.ts";

/** Posts to one server, over connections that are kept. They do not keep the process from ending. */
export class HttpPost {
  /** Without a slash at its end. */
  readonly url: string;
  readonly #timeoutMs: number;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  #isClosed = false;

  /** @throws TypeError where the url can belong to no server. */
  constructor(url: string, timeoutMs: number) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    const isServer =
      parsed !== undefined &&
      ["http:", "https:"].includes(parsed.protocol) &&
      `${parsed.username}${parsed.search}${parsed.hash}` === "";
    if (!isServer) {
      const example = "https://tape.example, or https://example.org/tape";
      throw new TypeError(`${JSON.stringify(url)} is no address of a server: ${example}`);
    }
    this.url = `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
    this.#timeoutMs = timeoutMs;
    const isTls = parsed.protocol === "https:";
    this.#agent = new (isTls ? https : http).Agent({ keepAlive: true, maxSockets: 1 });
    this.#request = isTls ? https.request : http.request;
  }

  /** Rejects where nobody answers. */
  async post(path: string, headers: Record<string, string>, body: Uint8Array): Promise<Answer> {
    for (;;) {
      const attempt = this.#once(path, headers, body);
      try {
        return await attempt.answer;
      } catch (error) {
        // The server may have closed a connection that was idle: that says nothing about the request.
        if (this.#isClosed || !attempt.wasIdle()) throw error;
      }
    }
  }

  /** Hangs up, also on what is under way. */
  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  #once(path: string, headers: Record<string, string>, body: Uint8Array) {
    const request = this.#request(`${this.url}${path}`, {
      method: "POST",
      headers: { ...headers, "content-length": String(body.length) },
      agent: this.#agent,
    });
    let hasAnswer = false;
    const answer = new Promise<Answer>((resolve, reject) => {
      const late = setTimeout(() => {
        hasAnswer = true;
        request.destroy(new Error(`no answer within ${this.#timeoutMs / 1_000} s`));
      }, this.#timeoutMs).unref();
      const fail = (error: Error) => {
        clearTimeout(late);
        reject(error);
      };
      request.on("socket", (socket) => socket.unref());
      request.on("error", fail);
      request.on("response", (response) => {
        hasAnswer = true;
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", fail);
        response.on("end", () => {
          clearTimeout(late);
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers["retry-after"],
            body: Buffer.concat(parts).toString(),
          });
        });
      });
      request.end(body);
    });
    return { answer, wasIdle: () => request.reusedSocket && !hasAnswer };
  }
}
