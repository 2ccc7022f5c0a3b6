import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

/** Of 600, as in `ulimit -n 600`. */
const LIMIT = 600;
const VIEWERS = 300;
/** They come so many at a time, for each new connection has its descriptors before anybody can refuse it. */
const AT_A_TIME = 10;
const SYMBOLS = 10;
/** Connections that ask nothing, or half of something: more than a runtime of this limit survives. */
const SILENT = 650;
/** More than the guard hands on at once. */
const POLLS = 250;
/** A push and a look at its health take no longer beside them, in ms: where they do not get in, they take for ever. */
const LONGEST_MS = 30_000;

describe("L-20 few descriptors, more viewers than fit", () => {
  const { dataDir, remove } = temporaryDataDir();
  let product: RunningProduct;
  let token: string;
  const sockets: WebSocket[] = [];
  const seen = { open: 0, refused: 0, lost: 0 };

  beforeAll(async () => {
    product = await startProduct({
      dataDir,
      descriptors: LIMIT,
      environment: { LIMIT_CONNECTS_PER_MINUTE: "0", LIMIT_SOCKETS_PER_VIEWER: "0" },
    });
    token = await product.token();
  });
  afterAll(async () => {
    for (const socket of sockets) socket.terminate();
    await product.stop();
    remove();
  });

  const pushed = async (symbols: readonly string[]) => {
    const response = await fetch(`${product.url}/api/metrics`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(symbols.map((symbol) => ({ symbol, metric: "m", value: 1 }))),
    });
    await response.body?.cancel();
    return response;
  };
  const ready = async (headers: Record<string, string>) => {
    const response = await fetch(`${product.url}/readyz`, { headers });
    return (await response.json()) as { descriptors?: { limit: number; open: number } };
  };

  function join(symbol: string): void {
    const socket = new WebSocket(`${product.url.replace("http", "ws")}/ws/${symbol}`, [
      "edgetape.v1",
    ]);
    sockets.push(socket);
    let isRefused = false;
    socket.on("open", () => {
      seen.open += 1;
    });
    socket.on("unexpected-response", (request, { statusCode, headers }) => {
      isRefused = statusCode === 503 && Number(headers["retry-after"]) > 0;
      seen[isRefused ? "refused" : "lost"] += 1;
      request.destroy();
    });
    socket.on("error", () => {
      if (!isRefused && socket.readyState !== WebSocket.OPEN) seen.lost += 1;
    });
  }

  it("L-21 are said at the start and, to who has a token, by /readyz", async () => {
    await until("it to be said", () => product.output.includes('"limit":600,"most_viewers":118'));
    expect((await ready({})).descriptors).toBeUndefined();
    expect((await ready({ authorization: `Bearer ${token}` })).descriptors).toMatchObject({
      ...{ limit: LIMIT, kept: 300, most_viewers: 118, guarded: true },
      open: expect.any(Number),
    });
  });

  it("INV-1 nor do connections that ask nothing end anything, or keep a push from getting in", async () => {
    const runtimes = product.childPids;
    const half = `POST /api/metrics HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n`;
    const sent = ["", half, `${half}content-type: application/json\r\ncontent-length: 99\r\n\r\n{`];
    const silent = Array.from({ length: SILENT }, (_, at) => {
      const socket = connect(product.port, "127.0.0.1").on("error", () => undefined);
      socket.write(sent[at % sent.length] as string);
      return socket;
    });
    let acknowledged = 0;
    const untilMs = performance.now() + 2_000;
    while (performance.now() < untilMs) {
      const signal = AbortSignal.timeout(LONGEST_MS);
      const health = await fetch(`${product.url}/healthz`, { signal });
      expect([(await pushed(["SILENT"])).status, health.status]).toEqual([202, 200]);
      acknowledged += 1;
    }
    expect(product.childPids).toEqual(runtimes);
    expect(product.output).not.toContain("process died");
    const answer = await fetch(`${product.url}/api/rooms/SILENT/events?since=0&limit=10000`);
    const { events } = (await answer.json()) as { events: object[] };
    expect(events).toHaveLength(acknowledged);
    for (const socket of silent) socket.destroy();
  });

  it("nor do polls that wait, and requests sent ahead, keep health or a push from getting in", async () => {
    const poll = "GET /api/rooms/NONE/events?since=0&wait=20 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const refused: string[] = [];
    const waiting = Array.from({ length: POLLS }, (_, at) => {
      const socket = connect(product.port, "127.0.0.1").on("error", () => undefined);
      socket.write(poll.repeat(at % 10 === 0 ? 20 : 1));
      return socket.setEncoding("utf8").on("data", (text: string) => refused.push(text));
    });
    await until("some are refused", () => refused.length > 0);
    for (let times = 0; times < 10; times += 1) {
      const health = await fetch(`${product.url}/healthz`);
      expect([(await pushed(["WAIT"])).status, health.status]).toEqual([202, 200]);
    }
    for (const text of refused)
      expect([text.slice(9, 12), text.includes(":busy")]).toEqual(["503", true]);
    for (const socket of waiting) socket.destroy();
  });

  it("ends nothing: those who do not fit are refused in words, pushes go on, and places are given again", async () => {
    const runtimes = product.childPids;
    const symbols = Array.from({ length: SYMBOLS }, (_, at) => `S${at}`);
    // Those of before are gone when the runtime has noticed it.
    await until("a push to get in", async () => (await pushed(symbols)).status === 202);
    const answers = new Set<number>();
    for (let at = 0; at < VIEWERS; at += AT_A_TIME) {
      for (let more = 0; more < AT_A_TIME; more += 1) join(`S${(at + more) % SYMBOLS}`);
      answers.add((await pushed([`S${at % SYMBOLS}`])).status);
      answers.add((await fetch(`${product.url}/healthz`)).status === 200 ? 202 : 0);
      await sleep(50);
    }
    await until("everybody answered", () => seen.open + seen.refused + seen.lost >= VIEWERS);
    expect([...answers]).toEqual([202]);
    expect(seen.lost).toBe(0);
    expect(seen.open).toBeGreaterThan(60);
    expect(seen.open).toBeLessThan(130);
    // Symbols take none: they share a host.
    expect((await pushed(Array.from({ length: 2_000 }, (_, at) => `MANY${at}`))).status).toBe(202);
    const said = () => product.output.split('"event":"descriptors_short"').length - 1;
    await until("it to be said", () => said() > 0);
    expect(said()).toBe(1);

    for (const socket of sockets.splice(0)) socket.terminate();
    const before = seen.open;
    await until("a place again", async () => {
      join("S0");
      await sleep(200);
      return seen.open > before;
    });
    expect(product.childPids).toEqual(runtimes);
    expect(product.output).not.toContain("process died");
  });
});
