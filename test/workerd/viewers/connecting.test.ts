import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../../../src/config.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import type { ServerMessage } from "../../../src/protocol/socket/server-message.ts";
import { soon } from "../../soon.ts";
import {
  ask,
  closeSockets,
  hostStubOf,
  makeKnown,
  newSymbol,
  pushPoints,
  tokenOf,
} from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { numbers, TestViewer } from "../test-viewer.ts";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const UPGRADE = { upgrade: "websocket" };

describe("P-2 an upgrade that is wrong", () => {
  it.each([
    ["its since is no cursor", "/ws/BTC?since=soon", UPGRADE, "read", 400],
    ["there is another parameter", "/ws/BTC?from=0", UPGRADE, "read", 400],
    ["its symbol is none", "/ws/%20BTC", UPGRADE, "read", 400],
    ["it is no upgrade", "/ws/BTC", {}, "read", 426],
    ["it has no token", "/ws/BTC", UPGRADE, undefined, 401],
    ["its token may not read", "/ws/BTC", UPGRADE, "write", 403],
  ])("is a problem before there is a socket: %s", async (_, path, headers, scope, status) => {
    const response = await ask(path, { headers }, scope);
    expect(response.webSocket).toBeNull();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(problemSchema.parse(await response.json()).status).toBe(status);
  });
});

describe("S-6 the order of what a room says", () => {
  /** All that a viewer is told until it has seen `last`, while somebody pushes. */
  async function toldWhilePushing(symbol: string, since: number | undefined, last: number) {
    const pushing = (async () => {
      for (let value = 100; value <= last; value += 1) await pushPoints(symbol, value);
    })();
    const viewer = await TestViewer.join(symbol, since);
    const told: ServerMessage[] = [];
    for (let seen = 0; seen < last; ) {
      const message = await viewer.next();
      told.push(message);
      for (const event of message.type === "events" ? message.events : []) {
        if (event.kind === "metric") seen = event.value;
      }
    }
    await pushing;
    return told;
  }

  it("is hello, then what was missed, then caught_up, then what is live", async () => {
    const symbol = newSymbol();
    const start = await pushPoints(symbol, 0);
    await pushPoints(symbol, 1, 99);
    const told = await toldWhilePushing(symbol, start, 130);
    const types = told.map(({ type }) => type);
    expect(types[0]).toBe("hello");
    expect(types.filter((type) => type === "hello" || type === "snapshot")).toHaveLength(1);
    const at = types.indexOf("caught_up");
    const caughtUp = told[at];
    if (caughtUp?.type !== "caught_up") expect.fail("it was never told that it had caught up");
    const cursorsOf = (messages: ServerMessage[]) =>
      messages.flatMap((message) => (message.type === "events" ? [message.cursor] : []));
    const [before, after] = [cursorsOf(told.slice(0, at)), cursorsOf(told.slice(at))];
    expect(before.length).toBeGreaterThan(0);
    expect(Math.max(...before)).toBe(caughtUp.cursor);
    for (const cursor of after) expect(cursor).toBeGreaterThan(caughtUp.cursor);
    const values = told.flatMap((message) => (message.type === "events" ? message.events : []));
    expect(values.map((event) => event.kind === "metric" && event.value)).toEqual(numbers(1, 130));
  });

  it("has the snapshot between hello and caught_up where there is no past", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 0);
    const types = (await toldWhilePushing(symbol, undefined, 130)).map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(["hello", "snapshot"]);
    expect(types.filter((type) => type === "caught_up")).toHaveLength(1);
    expect(types.filter((type) => type === "snapshot")).toHaveLength(1);
  });
});

describe("L-4 a room that is full", () => {
  it("answers 503 and says when to come back, and takes the next when one has left", async () => {
    const symbol = newSymbol();
    await makeKnown(symbol);
    const connect = async (sub: string) => {
      const token = await tokenOf({ scope: "read", sub });
      return ask(`/ws/${symbol}`, { headers: { ...UPGRADE, authorization: `Bearer ${token}` } });
    };
    const limit = await setLimit(symbol, 2);
    try {
      const first = TestViewer.over(await connect("ann"));
      expect((await connect("bob")).status).toBe(101);
      const refused = await connect("eve");
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(problemSchema.parse(await refused.json()).type).toBe("urn:edgetape:problem:room-full");
      first.close(1000);
      await first.closed;
      await soon(async () => expect((await connect("eve")).status).toBe(101));
    } finally {
      await setLimit(symbol, limit);
    }
  });

  /** The settings of the objects are another's than the Worker's. */
  function setLimit(symbol: string, viewers: number): Promise<number> {
    return runInDurableObject(hostStubOf(symbol), (room) => {
      const config = configOf((room as unknown as { env: object }).env);
      const before = config.LIMIT_VIEWERS;
      config.LIMIT_VIEWERS = viewers;
      return before;
    });
  }
});
