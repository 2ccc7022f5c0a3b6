import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../../../src/config.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import { ask, type Claims, closeSockets, newSymbol, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const SYMBOL = `BTC-${newSymbol()}`;
const push: RequestInit = {
  method: "POST",
  body: JSON.stringify({ symbol: SYMBOL, price: 1, size: 1 }),
};
const bars: RequestInit = {
  method: "POST",
  body: JSON.stringify({
    ...{ symbol: SYMBOL, interval: "1d", ts: "2020-01-02T00:00:00Z" },
    ...{ open: 1, high: 1, low: 1, close: 1, volume: 1 },
  }),
};
const upgrade: RequestInit = { headers: { upgrade: "websocket" } };

const REQUESTS: Record<string, { path: string; init: RequestInit; good: number; scope: string }> = {
  push: { path: "/api/trades", init: push, good: 202, scope: "write" },
  bars: { path: "/api/bars", init: bars, good: 200, scope: "write" },
  poll: { path: `/api/rooms/${SYMBOL}/events`, init: {}, good: 200, scope: "read" },
  positions: { path: `/api/positions/${SYMBOL}`, init: {}, good: 200, scope: "read" },
  book: { path: `/api/books/${SYMBOL}`, init: {}, good: 200, scope: "read" },
  trades: { path: `/api/trades/${SYMBOL}`, init: {}, good: 200, scope: "read" },
  orders: { path: `/api/orders/${SYMBOL}`, init: {}, good: 200, scope: "read" },
  notes: { path: `/api/notes/${SYMBOL}`, init: {}, good: 200, scope: "read" },
  symbols: { path: "/api/symbols", init: {}, good: 200, scope: "read" },
  series: { path: `/api/series?metric=m&symbol=${SYMBOL}`, init: {}, good: 200, scope: "read" },
  history: { path: `/api/history/${SYMBOL}`, init: {}, good: 200, scope: "read" },
  export: {
    ...{ path: `/api/export?symbol=${SYMBOL}&kind=trade`, init: {} },
    ...{ good: 200, scope: "read" },
  },
  upgrade: { path: `/ws/${SYMBOL}`, init: upgrade, good: 101, scope: "read" },
};

async function statusWith(what: string, claims: Claims | string | null): Promise<number> {
  const request = REQUESTS[what] ?? expect.fail(`no request ${what}`);
  const headers = new Headers(request.init.headers);
  if (claims !== null) {
    const token = typeof claims === "string" ? claims : await tokenOf(claims);
    headers.set("authorization", `Bearer ${token}`);
  }
  const response = await ask(request.path, { ...request.init, headers });
  if (response.status >= 400) {
    const problem = problemSchema.parse(await response.json());
    expect(problem.status).toBe(response.status);
    const isChallenge = response.headers.get("www-authenticate")?.startsWith("Bearer") ?? false;
    expect(isChallenge).toBe(response.status === 401);
  } else if (response.webSocket === null) {
    await response.arrayBuffer();
  }
  return response.status;
}

describe.each(Object.keys(REQUESTS))("INV-10 A-1 %s", (what) => {
  const { good, scope } = REQUESTS[what] ?? expect.fail(what);
  const other = scope === "read" ? "write" : "read";

  it("is let through with its scope, and with admin", async () => {
    expect(await statusWith(what, { scope })).toBe(good);
    expect(await statusWith(what, { scope: `${other} ${scope}` })).toBe(good);
    expect(await statusWith(what, { scope: "admin", symbols: ["BTC-*"] })).toBe(good);
  });

  it.each([
    ["no token", null, 401],
    ["an empty token", "", 401],
    ["garbage", "garbage", 401],
    ["an expired token", { scope, ends: 1_700_000_000 }, 401],
    ["a token of another secret", { scope, secret: "another secret of more than 32 chars" }, 401],
    ["a token without scope", {}, 401],
    ["the other scope", { scope: other }, 403],
  ] as const)("is refused with %s", async (_, claims, status) => {
    expect(await statusWith(what, claims)).toBe(status);
  });

  it("is refused for another symbol, or shows nothing of it", async () => {
    const status = await statusWith(what, { scope, symbols: ["ETH-*", "BTC"] });
    expect(status).toBe(what === "symbols" ? 200 : 403);
  });
});

describe("A-2 what a token does not cover", () => {
  it("is not in the list of symbols", async () => {
    await statusWith("push", { scope: "write" });
    const token = await tokenOf({ scope: "read", symbols: ["ETH-*"] });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await (await ask("/api/symbols", { headers })).text();
    expect(answer).not.toContain("BTC");
  });

  it("refuses the whole of a batch that touches it", async () => {
    const token = await tokenOf({ scope: "write", symbols: ["ETH-*"] });
    const trade = (symbol: string) => ({ symbol, price: 1, size: 1 });
    const response = await ask("/api/trades", {
      method: "POST",
      body: JSON.stringify([trade("ETH-1"), trade(SYMBOL)]),
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(403);
    expect((await ask("/api/rooms/ETH-1/events?since=0", {}, "read")).status).toBe(404);
  });
});

describe("P-3 a token of a browser", () => {
  it("comes as a subprotocol, and a bad one is refused there too", async () => {
    const token = await tokenOf({ scope: "read" });
    const withProtocol = (protocols: string) =>
      ask(`/ws/${SYMBOL}`, {
        headers: { upgrade: "websocket", "sec-websocket-protocol": protocols },
      });
    const good = await withProtocol(`edgetape.v1, bearer.${token}`);
    expect([good.status, good.headers.get("sec-websocket-protocol")]).toEqual([101, "edgetape.v1"]);
    expect((await withProtocol("edgetape.v1, bearer.garbage")).status).toBe(401);
    expect((await withProtocol("edgetape.v1")).status).toBe(401);
  });

  it("never comes in a URL", async () => {
    const token = await tokenOf({ scope: "read" });
    expect((await ask(`/ws/${SYMBOL}?token=${token}`, upgrade)).status).toBe(401);
  });
});

describe("A-1 PUBLIC_READ", () => {
  afterEach(() => {
    configOf(env).PUBLIC_READ = false;
  });

  it("opens reading, and nothing else", async () => {
    configOf(env).PUBLIC_READ = true;
    expect(await statusWith("poll", null)).toBe(200);
    expect(await statusWith("symbols", null)).toBe(200);
    expect(await statusWith("upgrade", null)).toBe(101);
    expect(await statusWith("push", null)).toBe(401);
    // A token that is shown is checked all the same.
    expect(await statusWith("poll", "garbage")).toBe(401);
  });
});
