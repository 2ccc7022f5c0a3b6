import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Backend } from "../../dev/database/backend.ts";

/** How a proxy of Neon behaves; each may be changed while it runs. */
export interface NeonLimits {
  /** Way there and back, for each request. */
  delayMs: number;
  /** 64 MB at Neon's own; 10 MiB where somebody runs the proxy, each way. */
  requestBytes: number;
  responseBytes: number;
  /** A request that takes longer is cut, and its statement cancelled. */
  cutMs: number;
  /** The database is suspended after so long without a request, and the next one waits until it is there again. */
  suspendAfterMs: number;
  coldMs: number;
}

const NEON: NeonLimits = {
  ...{ delayMs: 0, requestBytes: 64_000_000, responseBytes: 64_000_000 },
  ...{ cutMs: 15_000, suspendAfterMs: Number.POSITIVE_INFINITY, coldMs: 500 },
};
export const SELF_HOSTED_BYTES = 10 * 1024 * 1024;

/** A proxy in front of the endpoint of a test, with the limits and the words of Neon's. */
export class NeonProxy {
  readonly limits: NeonLimits = { ...NEON };
  /** Requests it has cut. */
  cut = 0;
  /** Bytes of the requests that it let through. */
  bytes = 0;
  /** Times that the database was woken. */
  woken = 0;
  readonly sqlUrl: string;
  readonly #close: () => void;
  readonly #target: string;
  #lastMs = performance.now();
  #waking: Promise<void> = Promise.resolve();

  private constructor(target: string, sqlUrl: string, close: () => void) {
    this.#target = target;
    this.sqlUrl = sqlUrl;
    this.#close = close;
  }

  static async open(target: string): Promise<NeonProxy> {
    let proxy: NeonProxy | undefined;
    const server = createServer((request, response) =>
      proxy === undefined ? undefined : void proxy.#answer(request, response),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    proxy = new NeonProxy(target, `http://127.0.0.1:${port}/sql`, () => {
      server.close();
      server.closeAllConnections();
    });
    return proxy;
  }

  /** As after minutes in which nobody asked. */
  suspend(): void {
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  close(): void {
    this.#close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { limits } = this;
    const dropped = new AbortController();
    response.once("close", () => {
      if (!response.writableEnded) dropped.abort();
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (body.length > limits.requestBytes) {
      tell(response, 413, "", `request is too large (max is ${limits.requestBytes} bytes)`);
      return;
    }
    this.bytes += body.length;
    await this.#wake();
    await sleep(limits.delayMs / 2);
    const late = AbortSignal.timeout(limits.cutMs);
    try {
      const signal = AbortSignal.any([dropped.signal, late]);
      const [status, answer] = await forward(this.#target, request, body, signal);
      this.#lastMs = performance.now();
      await sleep(limits.delayMs / 2);
      if (answer.length > limits.responseBytes) {
        tell(response, 507, "", `response is too large (max is ${limits.responseBytes} bytes)`);
        return;
      }
      response.writeHead(status, { "content-type": "application/json" });
      response.end(answer);
    } catch {
      if (late.aborted) this.cut += 1;
      tell(response, 400, "08P01", "Query cancelled, connection was terminated");
    }
  }

  async #wake(): Promise<void> {
    const { suspendAfterMs, coldMs } = this.limits;
    const nowMs = performance.now();
    if (nowMs - this.#lastMs > suspendAfterMs) {
      this.woken += 1;
      this.#waking = sleep(coldMs);
    }
    this.#lastMs = nowMs;
    await this.#waking;
    this.#lastMs = performance.now();
  }
}

async function forward(
  target: string,
  { method, headers }: IncomingMessage,
  body: Buffer,
  signal: AbortSignal,
): Promise<[status: number, body: Buffer]> {
  const { host: _, ...passed } = headers;
  const request = send(target, { method, headers: passed, signal });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return [response.statusCode ?? 500, Buffer.concat(chunks)];
}

function tell(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ message, code }));
}

/** Which symbols and series there are at a moment. */
export interface RestorePoint {
  symbols: number;
  series: number;
}

export async function restorePoint(backend: Backend): Promise<RestorePoint> {
  const { rows } = await backend.run({
    text: "select (select coalesce(max(id), 0) from symbols), (select coalesce(max(id), 0) from series)",
    params: [],
  });
  const [symbols, series] = (rows[0] ?? []).map(Number);
  return { symbols: symbols ?? 0, series: series ?? 0 };
}

/**
 * What an instant restore does to whoever writes meanwhile: what came after the point is gone, the sequences of ids go on from
 * there, and the database says that it is the same as before. Nothing of it may have been rolled up.
 */
export async function restoreTo(backend: Backend, point: RestorePoint): Promise<void> {
  const texts = [
    // All of it was written after the point, as of those who had learnt nothing before.
    "delete from id_marks",
    ...["points", "points_late", "points_past", "packed_points"].map(
      (table) => `delete from ${table} where series_id > ${point.series}`,
    ),
    ...[
      ...["trades_live", "trades_past", "position_states", "books"],
      ...["order_states", "order_lives", "symbol_notes", "alert_changes"],
    ].map((table) => `delete from ${table} where symbol_id > ${point.symbols}`),
    `delete from series where id > ${point.series}`,
    `delete from symbols where id > ${point.symbols}`,
    `alter table series alter column id restart with ${point.series + 1}`,
    `alter table symbols alter column id restart with ${point.symbols + 1}`,
  ];
  const statements = texts.map((text) => ({ text, params: [] }));
  await backend.transaction(statements, { readOnly: false, deferrable: false });
}
