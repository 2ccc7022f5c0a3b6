import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { JOIN_HEADER, type JoinRequest } from "../../../src/bindings/host.ts";
import { relayAt } from "../../../src/bindings/objects.ts";
import { configOf } from "../../../src/config.ts";
import { hostOf } from "../../../src/core/placement/placement.ts";
import type { RelayName } from "../../../src/core/placement/relaying.ts";
import { symbolsAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { soon } from "../../soon.ts";
import { ask, closeSockets, hostStubOf, newSymbol, push, pushPoints } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { numbers, TestViewer } from "../test-viewer.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

let places = 0;

/** A relay that no other test has, for the host of a symbol. */
function newRelay(symbol: string): () => DurableObjectStub {
  places += 1;
  const host = hostOf(symbol as SymbolName, configOf(env));
  // A place of its own, and not that of another runtime, to which there is no way here.
  const name = `test-${places}/${host}` as RelayName;
  return () => relayAt(env as unknown as Env, name) as unknown as DurableObjectStub;
}

interface Coming {
  since?: Cursor | number;
  log?: LogId;
  viewerKey?: string;
}

/** An upgrade as the Worker passes it on. */
function upgrade(relay: () => DurableObjectStub, symbol: string, coming: Coming) {
  const join: JoinRequest = {
    symbol: symbol as SymbolName,
    since: (coming.since ?? null) as Cursor | null,
    log: coming.log ?? null,
    viewerKey: coming.viewerKey ?? null,
    ...{ expiresAtMs: null, namesProtocol: false, correlationId: "test" },
  };
  const headers = { upgrade: "websocket", [JOIN_HEADER]: JSON.stringify(join) };
  return relay().fetch("https://relay/", { headers });
}

async function joinBy(relay: () => DurableObjectStub, symbol: string, coming: Coming = {}) {
  return TestViewer.over(await upgrade(relay, symbol, coming));
}

/** A viewer that is live, and the log that it watches. */
async function liveBy(relay: () => DurableObjectStub, symbol: string) {
  const viewer = await joinBy(relay, symbol);
  const { log } = await viewer.expect("hello");
  await viewer.expect("snapshot");
  await viewer.expect("caught_up");
  return { viewer, log };
}

/** Has the relay written down how far its viewers have been sent? It does so before it can sleep. */
async function isNoted(relay: () => DurableObjectStub, cursor: Cursor): Promise<void> {
  const sent = () =>
    runInDurableObject(relay(), (_, { storage }) =>
      JSON.stringify([...storage.sql.exec("SELECT * FROM sent_through")]),
    );
  await soon(async () => expect(await sent()).toContain(String(cursor)));
}

/** Values of the points in what a viewer is sent until it has caught up. */
async function replayed(viewer: TestViewer): Promise<number[]> {
  const values: number[] = [];
  for (;;) {
    const message = await viewer.next();
    if (message.type === "caught_up") return values;
    if (message.type !== "events") throw new Error(`events expected, not ${message.type}`);
    for (const event of message.events) if (event.kind === "metric") values.push(event.value);
  }
}

const relaysOf = (symbol: string) =>
  runInDurableObject(hostStubOf(symbol), (_, { storage }) =>
    storage.sql.exec("SELECT count(*) AS count FROM relays WHERE symbol = ?", symbol).one(),
  );

describe("S-9 a viewer by way of a relay", () => {
  it("S-1 S-2 without a past is greeted, shown the last values, and live", async () => {
    const symbol = newSymbol();
    const relay = newRelay(symbol);
    await pushPoints(symbol, 1, 3);
    await push("trades", { symbol, price: 5, size: 2 });
    const here = await TestViewer.join(symbol);
    const { log, cursor } = await here.expect("hello");
    const viewer = await joinBy(relay, symbol);
    expect(await viewer.expect("hello")).toMatchObject({ room: symbol, log, cursor });
    const snapshot = await viewer.expect("snapshot");
    expect(snapshot.metrics).toEqual([expect.objectContaining({ value: 3 })]);
    expect(snapshot.bar).toMatchObject({ open: 5, volume: 2, trades: 1 });
    expect(await viewer.expect("caught_up")).toMatchObject({ cursor, replayed: 0 });
    await pushPoints(symbol, 10, 2);
    await here.expect("snapshot");
    await here.expect("caught_up");
    // The same bytes.
    expect(await viewer.nextText()).toBe(await here.nextText());
    const late = await joinBy(relay, symbol);
    await late.expect("hello");
    expect((await late.expect("snapshot")).metrics).toMatchObject([{ value: 11 }]);
  });

  it("R-1 may wait for a symbol that nobody has pushed", async () => {
    const symbol = newSymbol();
    const { viewer } = await liveBy(newRelay(symbol), symbol);
    await pushPoints(symbol, 1);
    expect((await viewer.points(1)).values).toEqual([1]);
  });

  it("INV-2 INV-3 is brought on from Postgres, the host's log and the relay's copy, without a seam", async () => {
    const symbol = newSymbol();
    const first = await pushPoints(symbol, 0, 70);
    await neon.untilStored(symbol, 70);
    await runInDurableObject(hostStubOf(symbol), (_, state) => state.storage.deleteAll());
    await evictDurableObject(hostStubOf(symbol));
    await pushPoints(symbol, 70, 30);
    const relay = newRelay(symbol);
    const { viewer: early } = await liveBy(relay, symbol);
    const head = await pushPoints(symbol, 100, 30);
    await early.points(30);
    const viewer = await joinBy(relay, symbol, { since: first - 60_000_000 });
    await viewer.expect("hello");
    expect(await replayed(viewer)).toEqual(numbers(0, 130));
    // A cursor that the relay has yet to be fed is the host's.
    const ahead = await joinBy(relay, symbol, { since: head });
    await ahead.expect("hello");
    expect(await replayed(ahead)).toEqual([]);
  });

  it("C-6 is told a reset of a cursor of another log, and replayed one of ours", async () => {
    const symbol = newSymbol();
    const relay = newRelay(symbol);
    const cursor = await pushPoints(symbol, 1);
    await pushPoints(symbol, 2);
    const { log } = await liveBy(relay, symbol);
    const ours = await joinBy(relay, symbol, { since: cursor, log });
    await ours.expect("hello");
    expect(await replayed(ours)).toEqual([2]);
    for (const [since, of] of [
      [cursor, "made-up" as LogId],
      [cursor + 3_600_000_000, log],
    ] as const) {
      const other = await joinBy(relay, symbol, { since, log: of });
      await other.expect("hello");
      expect(await other.expect("gap")).toMatchObject({ reason: "reset", from: since });
      await other.expect("snapshot");
    }
  });

  it("L-4 L-5 counts with those who are elsewhere, and is refused in words", async () => {
    const symbol = newSymbol();
    const relay = newRelay(symbol);
    const config = configOf(env);
    const limits = { ...config };
    await liveBy(relay, symbol);
    await TestViewer.join(symbol);
    try {
      await runInDurableObject(relay(), (object) => {
        const own = configOf((object as unknown as { env: object }).env);
        Object.assign(own, { LIMIT_VIEWERS: 4, LIMIT_SOCKETS_PER_VIEWER: 1 });
      });
      await joinBy(relay, symbol, { viewerKey: "ann" });
      const again = await upgrade(relay, symbol, { viewerKey: "ann" });
      expect(await again.json()).toMatchObject({ kind: "refused", reason: "sockets" });
      // Two here and one at the host; the relay hears of those now and again, and asks where it has to.
      await joinBy(relay, symbol, { since: Date.now() * 1_000 + 60_000_000 });
      const full = await upgrade(relay, symbol, {});
      expect(await full.json()).toMatchObject({ kind: "refused", reason: "full" });
    } finally {
      await runInDurableObject(relay(), (object) => {
        Object.assign(configOf((object as unknown as { env: object }).env), limits);
      });
    }
  });

  it("counts in the list of symbols", async () => {
    const symbol = newSymbol();
    const relay = newRelay(symbol);
    await pushPoints(symbol, 1);
    const { viewer } = await liveBy(relay, symbol);
    await TestViewer.join(symbol);
    const viewersOf = async () => {
      const list = await ask("/api/symbols", {}, "read");
      const { symbols } = symbolsAnswerSchema.parse(await list.json());
      return symbols.find((one) => one.symbol === symbol)?.viewers;
    };
    // The relay says its count with each feed.
    await pushPoints(symbol, 2);
    await viewer.points(1);
    await soon(async () => expect(await viewersOf()).toBe(2));
  });
});

describe("a relay", () => {
  it("INV-2 keeps its viewers live across sleeps of its own and of the host", async () => {
    const symbol = newSymbol();
    const relay = newRelay(symbol);
    let cursor = await pushPoints(symbol, 1);
    const { viewer } = await liveBy(relay, symbol);
    await isNoted(relay, cursor);
    await evictDurableObject(relay());
    await pushPoints(symbol, 2, 2);
    expect((await viewer.points(2)).values).toEqual([2, 3]);
    // What came while nobody knew the last values is a replay.
    ({ cursor } = await viewer.expect("caught_up"));
    await isNoted(relay, cursor);
    await evictDurableObject(hostStubOf(symbol));
    cursor = await pushPoints(symbol, 4);
    expect((await viewer.points(1)).values).toEqual([4]);
    await isNoted(relay, cursor);
    await evictDurableObject(relay());
    await evictDurableObject(hostStubOf(symbol));
    viewer.ack(cursor);
    await runDurableObjectAlarm(relay());
    await pushPoints(symbol, 5);
    expect((await viewer.points(1)).values).toEqual([5]);
    const late = await joinBy(relay, symbol);
    await late.expect("hello");
    expect((await late.expect("snapshot")).metrics).toMatchObject([{ value: 5 }]);
  });

  it("X-1 sends its viewers back where the host has another log", async () => {
    const symbol = newSymbol();
    const relay = newRelay(symbol);
    await pushPoints(symbol, 1);
    const { viewer } = await liveBy(relay, symbol);
    await runInDurableObject(hostStubOf(symbol), (_, state) => state.storage.deleteAll());
    await evictDurableObject(hostStubOf(symbol));
    await pushPoints(symbol, 2);
    // Nobody has told the relay, which asks where somebody comes with a cursor that it does not have, and once a minute.
    const since = Date.now() * 1_000 + 60_000_000;
    expect((await upgrade(relay, symbol, { since })).status).toBe(429);
    expect(await viewer.closedFor("goingAway")).toBe(true);
    const { log } = await liveBy(relay, symbol);
    expect(log).toBe((await liveBy(newRelay(symbol), symbol)).log);
  });

  it("is fed no more once nobody watches there, or it has died", async () => {
    const symbol = newSymbol();
    const relay = newRelay(symbol);
    await pushPoints(symbol, 1);
    const { viewer } = await liveBy(relay, symbol);
    expect(await relaysOf(symbol)).toEqual({ count: 1 });
    viewer.close(1000);
    await viewer.closed;
    const startMs = Date.now();
    await runDurableObjectAlarm(relay());
    vi.spyOn(Date, "now").mockReturnValue(startMs + 61_000);
    await runDurableObjectAlarm(relay());
    vi.mocked(Date.now).mockRestore();
    await soon(async () => expect(await relaysOf(symbol)).toEqual({ count: 0 }));
    await liveBy(relay, symbol);
    await abortAllDurableObjects();
    await pushPoints(symbol, 2);
    await soon(async () => expect(await relaysOf(symbol)).toEqual({ count: 0 }));
  });

  it("B-6 tells its viewers once that a bar is closed, when its host says so", async () => {
    const symbol = newSymbol();
    const relay = newRelay(symbol);
    const { viewer } = await liveBy(relay, symbol);
    await push("trades", { symbol, price: 7, size: 1, ts: (Date.now() - 90_000) * 1_000 });
    const { cursor } = await viewer.expect("events");
    await isNoted(relay, cursor);
    await evictDurableObject(relay());
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 6_000);
    await runDurableObjectAlarm(hostStubOf(symbol));
    expect(await viewer.expect("bar")).toMatchObject({ close: 7, revision: 0 });
    vi.mocked(Date.now).mockRestore();
    await push("trades", { symbol, price: 8, size: 1, ts: (Date.now() - 90_000) * 1_000 });
    await viewer.expect("events");
  });
});

describe("RELAYS", () => {
  it("gives viewers a relay in their region where it says so", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 1);
    const config = configOf(env);
    config.RELAYS = "regions";
    try {
      const init = { headers: { upgrade: "websocket" }, cf: { continent: "OC" } };
      const viewer = TestViewer.over(await ask(`/ws/${symbol}`, init as RequestInit, "read"));
      await viewer.expect("hello");
      await soon(async () => expect(await relaysOf(symbol)).toEqual({ count: 1 }));
      await TestViewer.join(symbol);
      expect(await relaysOf(symbol)).toEqual({ count: 1 });
    } finally {
      config.RELAYS = "off";
    }
  });
});
