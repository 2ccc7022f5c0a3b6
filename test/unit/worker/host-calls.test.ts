import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mintToken } from "../../../dev/cli/mint-token.ts";
import { app } from "../../../src/app.ts";
import type { HostBatch, HostOutcome, HostRefusal } from "../../../src/bindings/host.ts";
import type { BacklogReport } from "../../../src/bindings/writer.ts";
import { hostOf, loneHost } from "../../../src/core/placement/placement.ts";
import type { SymbolSummary } from "../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

const JWT_SECRET = "a secret of the tests, of 32 characters and more";

/** What was asked of which object, in order. */
let calls: string[] = [];
let refusals: Record<string, HostRefusal> = {};
/** A call that begins so fails. */
let failing = "none";
let claimed: string = "new";
/** Hosts of their own that the Keeper has met. */
let ownHosts = ["room:A", "room:C"];
/** Calls of hosts that are under way, and the most that were. */
let [underWay, mostUnderWay] = [0, 0];
/** What the Writer says of its backlog. */
let backlog: BacklogReport | null = null;
beforeEach(() => {
  ownHosts = ["room:A", "room:C"];
  [underWay, mostUnderWay] = [0, 0];
  backlog = null;
  calls = [];
  refusals = {};
  failing = "none";
  claimed = "new";
});

function host(name: string) {
  const heard = async (call: string) => {
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    calls.push(`${name} ${call}`);
    const isFailing = calls.at(-1)?.startsWith(failing);
    await Promise.resolve();
    underWay -= 1;
    if (isFailing) throw new Error("gone");
  };
  const namesOf = ({ rooms }: HostBatch) => rooms.map(({ symbol }) => symbol).join("+");
  return {
    async append(batch: HostBatch): Promise<HostOutcome> {
      await heard(`append ${namesOf(batch)}${batch.admitted ? " admitted" : ""}`);
      const cursors = batch.rooms.map((_, at) => (1_000 + at) as Cursor);
      return refusals[name] ?? { kind: "appended", cursors };
    },
    async admits(batch: HostBatch): Promise<HostRefusal | null> {
      await heard(`admits ${namesOf(batch)}`);
      return refusals[name] ?? null;
    },
    async untilStored(cursor: Cursor) {
      await heard(`untilStored ${cursor}`);
      return true;
    },
    async acquaintance(symbols: SymbolName[]) {
      await heard(`acquaintance ${symbols.join("+")}`);
      const unknown = symbols.filter((symbol) => symbol.startsWith("NEVER"));
      return unknown.length > 0 ? { kind: "unknown", symbols: unknown } : { kind: "known" };
    },
    async positions(symbol: SymbolName) {
      await heard(`positions ${symbol}`);
      return { cursor: 5, positions: [], isCut: false };
    },
    async poll() {
      await heard("poll");
      return { events: "", frames: [], count: 0, cursor: 7, oldest: 7, complete: true };
    },
    async list() {
      await heard("list");
      const own = name.startsWith("room:") ? [name.slice("room:".length)] : [];
      const all = new Set(["C", "A", "B", ...own]);
      const lines = [...all].map((symbol) => ({ symbol }) as SymbolSummary);
      return { symbols: lines, complete: true };
    },
    async fetch() {
      await heard("fetch");
      return Response.json(
        { kind: "refused", reason: "connects", retryAfterS: 9 },
        { status: 429 },
      );
    },
  };
}

function ask(path: string, init: RequestInit = {}, settings: Record<string, string> = {}) {
  return askIn(environment(settings), path, init);
}

async function askIn(environment: object, path: string, init: RequestInit = {}) {
  const claims = { scopes: ["read", "write"], ttlSeconds: 600 } as const;
  const token = await mintToken(JWT_SECRET, claims, Math.floor(Date.now() / 1_000));
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  return app.request(path, { ...init, headers }, environment);
}

function environment(settings: Record<string, string>): object {
  const byName = <Stub>(get: (name: string) => Stub) => ({
    idFromName: (name: string) => name,
    get,
  });
  return {
    ...{ DATABASE_URL: "postgres://nobody@127.0.0.1/none", JWT_SECRET, LOG_LEVEL: "error" },
    ...settings,
    HOST: byName(host),
    KEYS: byName((name) => ({
      async claim() {
        calls.push(`${name.replace(/\d+/, "N")} claim`);
        return claimed;
      },
      canWrite: async () => true,
    })),
    KEEPER: byName(() => ({
      async hosts() {
        calls.push("keeper hosts");
        if (failing === "keeper") throw new Error("gone");
        return [...ownHosts, "host-0"];
      },
    })),
    WRITER: byName(() => ({ backlog: async () => backlog })),
  };
}

function push(symbols: string[], settings: Record<string, string> = {}, headers = {}, query = "") {
  const body = JSON.stringify(symbols.map((symbol) => ({ symbol, metric: "m", value: 1 })));
  return ask(
    `/api/metrics${query}`,
    { method: "POST", body, headers: { ...JSON_BODY, ...headers } },
    settings,
  );
}

const JSON_BODY = { "content-type": "application/json" };
const KEYED = { "idempotency-key": "k" };

describe("a push", () => {
  it("I-1 over many symbols of one host is one call, its key within it", async () => {
    const response = await push(["A", "B", "C"], {}, KEYED);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      ...{ accepted: 3, cursors: { A: 1_000, B: 1_001, C: 1_002 } },
    });
    expect(calls).toEqual(["host-0 append A+B+C"]);
  });

  it("I-1 I-6 over several hosts claims its key and asks all before any of them takes its part", async () => {
    const response = await push(["A", "B"], { ROOM_HOSTS: "0" }, KEYED, "?wait=stored");
    expect(response.status).toBe(200);
    expect(calls).toEqual([
      "keys-N claim",
      ...["room:A admits A", "room:B admits B"],
      ...["room:A append A admitted", "room:B append B admitted"],
      ...["room:A untilStored 1000", "room:B untilStored 1000"],
    ]);
  });

  it("I-15 whose key is another request's is refused before a host is asked", async () => {
    claimed = "other";
    const response = await push(["A"], { ROOM_HOSTS: "2" }, KEYED);
    expect(response.status).toBe(422);
    expect(calls).toEqual(["keys-N claim"]);
  });

  it("I-1 that one host refuses is taken by none", async () => {
    refusals = { "room:B": { kind: "full" } };
    const response = await push(["A", "B", "C"], { ROOM_HOSTS: "0" });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ type: "urn:edgetape:problem:outbox-full" });
    expect(calls.join()).not.toContain("append");
  });

  it.each<[HostRefusal, number, string, string | null]>([
    [{ kind: "key_reused" }, 422, "idempotency-key-reused", null],
    [{ kind: "too_many_series", symbol: "A" as SymbolName }, 422, "too-many-series", null],
    [{ kind: "too_many_new_symbols", retryAfterS: 31 }, 429, "too-many-new-symbols", "31"],
    [{ kind: "full" }, 503, "outbox-full", "5"],
    [{ kind: "key_unsure" }, 503, "key-unsure", "5"],
    [{ kind: "moved", symbol: "A" as SymbolName }, 503, "room-restarted", "1"],
  ])("that a host refuses with %j is answered %i %s", async (refusal, status, type, retryAfter) => {
    refusals = { "host-0": refusal };
    const response = await push(["A"]);
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    expect(await response.json()).toMatchObject({ type: `urn:edgetape:problem:${type}` });
  });

  it("I-16 of which one host fails is a failure, and the others have their part", async () => {
    failing = "room:A append";
    expect((await push(["A", "B"], { ROOM_HOSTS: "0" })).status).toBe(500);
    expect(calls.at(-1)).toBe("room:B append B admitted");
  });

  it("ROOM_DEDICATED goes to a host of its own beside the shared one", async () => {
    await push(["BTC-USD", "ETH-USD"], { ROOM_DEDICATED: "BTC-*" });
    expect(calls.slice(-2)).toEqual([
      ...["room:BTC-USD append BTC-USD admitted", "host-0 append ETH-USD admitted"],
    ]);
  });
});

describe("I-17 a request over many symbols", () => {
  const named = (count: number) => Array.from({ length: count }, (_, at) => `S${at}`);
  const OWN = { ROOM_HOSTS: "0" };

  it("is refused in words before anything is asked where they are on too many hosts", async () => {
    const response = await push(named(1_025), OWN, KEYED);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      type: "urn:edgetape:problem:too-many-symbols",
      detail: expect.stringContaining("ROOM_HOSTS"),
    });
    const bar = { interval: "1d", ts: 1_700_006_400_000_000, open: 1, high: 1, low: 1, close: 1 };
    const body = JSON.stringify(named(1_025).map((symbol) => ({ ...bar, symbol, volume: 1 })));
    const bars = await ask("/api/bars", { method: "POST", body, headers: JSON_BODY }, OWN);
    expect([bars.status, calls]).toEqual([413, []]);
  });

  it("makes at most three calls a host and one more, a few at a time", async () => {
    const response = await push(named(1_024), OWN, KEYED, "?wait=stored");
    expect(response.status).toBe(200);
    expect(calls).toHaveLength(3 * 1_024 + 1);
    expect(mostUnderWay).toBeLessThanOrEqual(32);
    expect((await push(named(5_000), { ROOM_HOSTS: "1024" })).status).toBe(202);
  });
});

describe("I-17 a short body that nests too deep", () => {
  const DEEP = "[".repeat(17) + "]".repeat(17);
  it.each([
    ["metrics", `[{"symbol":"A","metric":"m","value":1,"labels":${DEEP}}]`],
    ["trades", `{"symbol":"A","price":${DEEP},"size":1}`],
    ["positions", `{"symbol":"A","quantity":${DEEP}}`],
    ["books", `{"symbol":"A","type":"snapshot","bids":${DEEP},"asks":[]}`],
    ["bars", DEEP],
  ])("is refused by %s as a long one is", async (route, body) => {
    const response = await ask(`/api/${route}`, { method: "POST", body, headers: JSON_BODY });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining("nests deeper") }),
    ]);
  });

  it.each([
    ["/api/trades", `{"symbol":"A","price":1,"size":1}\n{"symbol":"A","price":${DEEP}}`],
    ["/api/analytics/attribution?symbols=A", `{"benchmark":${DEEP}}`],
  ])("is refused by %s", async (path, body) => {
    const headers = { "content-type": "application/x-ndjson" };
    const response = await ask(path, { method: "POST", body, headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: "urn:edgetape:problem:unreadable-body",
    });
  });

  it("and one of 16 is not right for what it holds", async () => {
    const labels = "[".repeat(14) + "]".repeat(14);
    const body = `[{"symbol":"A","metric":"m","value":1,"labels":${labels}}]`;
    const response = await ask("/api/metrics", { method: "POST", body, headers: JSON_BODY });
    expect(response.status).toBe(422);
  });
});

describe("L-24 /readyz", () => {
  it("names the symbols that the database does not take, to whom they are for", async () => {
    const refused = ["BTC-USD", "SECRET"] as SymbolName[];
    backlog = { rooms: 2, bytes: 10, oldestUs: 1_000 as EpochUs, refused };
    const ready = async (symbols: string[]) => {
      const claims = { scopes: ["read"], symbols, ttlSeconds: 600 } as const;
      const token = await mintToken(JWT_SECRET, claims, Math.floor(Date.now() / 1_000));
      const headers = { authorization: `Bearer ${token}` };
      return (await app.request("/readyz", { headers }, environment({}))).text();
    };
    expect(JSON.parse(await ready(["BTC-*"]))).toMatchObject({
      status: "degraded",
      backlog: { reason: expect.stringContaining("BTC-USD"), refused: ["BTC-USD"] },
    });
    expect(await ready(["BTC-*"])).not.toContain("SECRET");
    expect(await ready(["ETH"])).toContain("wait for the database");
  });
});

describe("a read", () => {
  it("R-1 asks the host once whether it knows the symbol, and never again", async () => {
    expect((await ask("/api/positions/NEVER")).status).toBe(404);
    expect(calls).toEqual(["host-0 acquaintance NEVER"]);
    const settings = environment({});
    for (const _ of [1, 2]) await askIn(settings, "/api/positions/BTC");
    expect(calls.slice(1)).toEqual([
      ...["host-0 acquaintance BTC", "host-0 positions BTC", "host-0 positions BTC"],
    ]);
  });

  it("R-1 that waits, and a join, are one call without a question", async () => {
    expect((await ask("/api/rooms/NEVER/events?wait=1")).status).toBe(200);
    const headers = { upgrade: "websocket" };
    const join = await ask("/ws/NEVER", { headers });
    expect([join.status, join.headers.get("retry-after")]).toEqual([429, "9"]);
    expect(calls).toEqual(["host-0 poll", "host-0 fetch"]);
  });
});

describe("the list of symbols", () => {
  const list = async (settings: Record<string, string>) =>
    (await (await ask("/api/symbols", {}, settings)).json()) as {
      symbols: { symbol: string }[];
      complete: boolean;
    };
  const names = (symbols: { symbol: string }[]) => symbols.map(({ symbol }) => symbol);

  it("is that of all hosts by name, each symbol once, from the host it is on", async () => {
    const { symbols, complete } = await list({ ROOM_HOSTS: "4" });
    expect([names(symbols), complete]).toEqual([["A", "B", "C"], true]);
    expect(calls.sort()).toEqual([0, 1, 2, 3].map((number) => `host-${number} list`));
  });

  it("lacks of a host that fails what is on it, and says so", async () => {
    const placement = { ROOM_HOSTS: 4, ROOM_DEDICATED: [] };
    failing = hostOf("A" as SymbolName, placement);
    const { symbols, complete } = await list({ ROOM_HOSTS: "4" });
    expect(complete).toBe(false);
    expect(names(symbols)).not.toContain("A");
    expect(symbols.length).toBeGreaterThan(0);
  });

  it("asks a bounded number of hosts, a few at a time, and says where there are more", async () => {
    ownHosts = Array.from({ length: 10_000 }, (_, at) => `room:R${at}`);
    const { complete } = await list({ ROOM_HOSTS: "0" });
    expect(complete).toBe(false);
    expect(calls).toHaveLength(1 + 8_192);
    expect(mostUnderWay).toBeLessThanOrEqual(32);
  });

  it("asks the Keeper which hosts there are where symbols have their own, and does without it", async () => {
    const settings = { ROOM_DEDICATED: "A,C" };
    expect(names((await list(settings)).symbols)).toEqual(["A", "B", "C"]);
    expect(calls[0]).toBe("keeper hosts");
    failing = "keeper";
    const { symbols, complete } = await list(settings);
    expect([names(symbols), complete]).toEqual([["B"], false]);
  });
});

/** What held requests are answered, in a time of our own that goes on once all of them wait. */
async function answered(held: Promise<Response>[]): Promise<Response[]> {
  let isHeld = true;
  const answers = Promise.all(held).finally(() => {
    isHeld = false;
  });
  while (vi.getTimerCount() < held.length) await nextTurn();
  while (isHeld) {
    if (vi.getTimerCount() > 0) vi.advanceTimersByTime(25);
    await nextTurn();
  }
  return answers;
}

describe("questions for the list that are held", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("ask no more hosts than one request may", async () => {
    ownHosts = Array.from({ length: 5_000 }, (_, at) => `room:R${at}`);
    const settings = environment({ ROOM_HOSTS: "0" });
    const etag = (await askIn(settings, "/api/symbols")).headers.get("etag") ?? "";
    calls = [];
    const headers = { "if-none-match": etag };
    const [answer] = await answered([askIn(settings, "/api/symbols?wait=3", { headers })]);
    expect(answer?.status).toBe(304);
    expect(calls.filter((call) => call.endsWith(" list")).length).toBeLessThanOrEqual(8_192);
  });

  it("R-1 share their looks at the host, however many they are", async () => {
    const env = environment({});
    const tag = (await askIn(env, "/api/symbols")).headers.get("etag") ?? "";
    const headers = { "if-none-match": tag };
    const held = Array.from({ length: 50 }, () => askIn(env, "/api/symbols?wait=2", { headers }));
    const answers = await answered(held);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([304]));
    const looks = calls.length;
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(looks).toBeLessThanOrEqual(3);
    // Whoever has another list gets this one at once.
    const other = await askIn(env, "/api/symbols?wait=2", { headers: { "if-none-match": "W/x" } });
    expect([other.status, other.headers.get("etag")]).toEqual([200, tag]);
    expect(calls.length - looks).toBeLessThanOrEqual(1);
  });
});

describe("placement", () => {
  const SYMBOL = "BTC-USD" as SymbolName;

  it.each([
    [1, [], "host-0", "host-0"],
    [0, [], "room:BTC-USD", null],
    [1, ["BTC-*"], "room:BTC-USD", null],
    [1, ["ETH-*"], "host-0", null],
    [7, [], expect.stringMatching(/^host-[0-6]$/), null],
  ])("of %i hosts and %j of their own", (ROOM_HOSTS, ROOM_DEDICATED, expected, lone) => {
    expect(hostOf(SYMBOL, { ROOM_HOSTS, ROOM_DEDICATED })).toEqual(expected);
    expect(loneHost({ ROOM_HOSTS, ROOM_DEDICATED })).toBe(lone);
  });
});
