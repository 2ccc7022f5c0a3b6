import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { configOf } from "../../../src/config.ts";
import { pollAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import {
  ask,
  askEndingSoon,
  closeSockets,
  hostStubOf,
  newSymbol,
  push,
  pushPoints,
} from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { TestViewer } from "../test-viewer.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
  configOf(env).PUBLIC_READ = false;
});

/** What there is of rooms on disk, and whether the host would do anything of its own. */
const onDisk = () =>
  runInDurableObject(hostStubOf(newSymbol()), async (_, { storage }) => ({
    rooms: [...storage.sql.exec("SELECT symbol FROM rooms")].length,
    objects: (await listDurableObjectIds((env as unknown as Env).HOST)).length,
  }));

const ROUTES = [
  "/api/history/SYMBOL",
  "/api/positions/SYMBOL",
  "/api/books/SYMBOL",
  "/api/orders/SYMBOL",
  "/api/orders/SYMBOL/1",
  "/api/orders/SYMBOL/latency",
  "/api/orders/SYMBOL/slippage",
  "/api/orders/SYMBOL/reconciliation",
  "/api/notes/SYMBOL",
  "/api/books/SYMBOL?at=2026-01-01T00:00:00Z",
  "/api/series?symbol=SYMBOL&metric=m",
  "/api/metrics/names?symbol=SYMBOL",
  "/api/export?symbol=SYMBOL&kind=trade",
  "/api/analytics/correlation?symbols=SYMBOL,SYMBOL-2",
  "/api/analytics/risk?symbol=SYMBOL",
  "/api/analytics/risk?symbol=SYMBOL&metric=m",
  "/api/analytics/attribution?symbols=SYMBOL",
  "/api/rooms/SYMBOL/events",
];

function upgrade(symbol: string, query = ""): Promise<Response> {
  return ask(`/ws/${symbol}${query}`, { headers: { upgrade: "websocket" } }, "read");
}

describe("R-1 a symbol nobody has pushed", () => {
  it("is the same 404 on every route that reads, and no room is made", async () => {
    const before = await onDisk();
    for (const scope of ["read", undefined]) {
      configOf(env).PUBLIC_READ = scope === undefined;
      for (const route of ROUTES) {
        const response = await ask(route.replaceAll("SYMBOL", newSymbol()), {}, scope);
        const problem = problemSchema.parse(await response.json());
        expect([route, response.status, problem.type]).toEqual([
          route,
          404,
          "urn:edgetape:problem:unknown-symbol",
        ]);
      }
    }
    expect(await onDisk()).toEqual(before);
  });

  it("is known as soon as something of it is acknowledged, imported bars among it", async () => {
    const [symbol, imported] = [newSymbol(), newSymbol()];
    await pushPoints(symbol, 1);
    expect((await ask(`/api/positions/${symbol}`, {}, "read")).status).toBe(200);
    const [ts, price] = ["2020-01-01T00:00:00Z", { open: 1, high: 1, low: 1, close: 1 }];
    const bar = { symbol: imported, interval: "1d", ts, ...price, volume: 1 };
    expect((await push("bars", bar)).status).toBe(200);
    expect((await ask(`/api/positions/${imported}`, {}, "read")).status).toBe(200);
  });

  it("may be waited for by polling, and what comes first is in the answer", async () => {
    const [symbol, never] = [newSymbol(), newSymbol()];
    const before = await onDisk();
    const poll = (one: string, query: string) =>
      ask(`/api/rooms/${one}/events?${query}`, {}, "read");
    const empty = await poll(never, "wait=1");
    const { events, cursor, complete } = pollAnswerSchema.parse(await empty.json());
    expect([events, complete]).toEqual([[], true]);
    // it waits as well where it comes with a time before anything.
    const startMs = Date.now();
    await poll(never, `since=${cursor - 60_000_000}&wait=1`);
    expect(Date.now() - startMs).toBeGreaterThan(900);
    expect(await onDisk()).toEqual(before);
    const waiting = poll(symbol, `since=${cursor - 60_000_000}&wait=20`);
    await pushPoints(symbol, 1);
    expect(pollAnswerSchema.parse(await (await waiting).json()).events).toHaveLength(1);
    await pushPoints(never, 2);
    const later = pollAnswerSchema.parse(await (await poll(never, `since=${cursor}`)).json());
    expect(later.events).toHaveLength(1);
  });

  it("may be waited for on a socket, which goes on in the room", async () => {
    const symbol = newSymbol();
    const before = await onDisk();
    const viewers = [
      TestViewer.over(await upgrade(symbol)),
      TestViewer.over(await upgrade(symbol, "?since=0")),
    ];
    for (const [at, viewer] of viewers.entries()) {
      const { cursor } = await viewer.expect("hello");
      if (at === 0) expect((await viewer.expect("snapshot")).trade).toBeNull();
      expect((await viewer.expect("caught_up")).cursor).toBe(cursor);
      viewer.send("ping");
      expect(await viewer.nextText()).toBe("pong");
      viewer.send("{}");
      expect((await viewer.expect("error")).code).toBe("bad_message");
      viewer.ack(cursor);
    }
    expect(await onDisk()).toEqual(before);
    await pushPoints(symbol, 1, 3);
    for (const viewer of viewers) expect((await viewer.points(3)).values).toEqual([1, 2, 3]);
    await pushPoints(symbol, 4);
    for (const viewer of viewers) {
      expect((await viewer.points(1)).values).toEqual([4]);
      viewer.send("ping");
      expect(await viewer.nextText()).toBe("pong");
    }
  });
});

describe("a viewer that waits for a symbol keeps the rules of a room", () => {
  it("F-2 an ack of what was not sent closes", async () => {
    const viewer = TestViewer.over(await upgrade(newSymbol()));
    const { cursor } = await viewer.expect("hello");
    viewer.ack(cursor);
    viewer.send(JSON.stringify({ type: "ack", cursor: cursor + 1_000_000_000 }));
    expect(await viewer.closedFor("acknowledgedUnsent")).toBe(true);
  });

  it("F-2 the cursor it came with may be acknowledged, also once there is a room and where it lies ahead", async () => {
    const symbol = newSymbol();
    const since = (Date.now() + 3_600_000) * 1_000;
    const viewer = TestViewer.over(await upgrade(symbol, `?since=${since}`));
    await viewer.expect("hello");
    await viewer.expect("caught_up");
    const ack = JSON.stringify({ type: "ack", cursor: since });
    viewer.send(ack);
    await pushPoints(symbol, 1);
    await viewer.points(1);
    viewer.send(ack);
    viewer.send("ping");
    expect(await viewer.nextText()).toBe("pong");
  });

  it("A-3 the end of its token closes it at that moment", async () => {
    const { response, endMs } = await askEndingSoon(`/ws/${newSymbol()}`);
    const viewer = TestViewer.over(response);
    await viewer.expect("hello");
    expect(await viewer.closedFor("tokenExpired")).toBe(true);
    expect(Date.now()).toBeGreaterThanOrEqual(endMs);
  });
});
