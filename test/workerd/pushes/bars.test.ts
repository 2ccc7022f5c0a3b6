import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { KEEPER_NAME } from "../../../src/bindings/keeper.ts";
import { symbolsAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import { ask, closeSockets, newSymbol, push, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

let neon: FakeNeon;

beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const DAY_US = 86_400_000_000;
const day = (symbol: string, at: number, close = 3) => ({
  ...{ symbol, interval: "1d", ts: at * DAY_US },
  ...{ open: 2, high: 4, low: 1, close, volume: 10 },
});
const closesOf = (symbol: string) => neon.rowsOf(symbol).map(({ cells }) => cells["close"]);

describe("POST /api/bars", () => {
  it("I-12 puts bars into Postgres, wakes the Keeper, and the symbol is in the list", async () => {
    const [one, two] = [newSymbol(), newSymbol()];
    const response = await push("bars", [day(two, 20_000), day(one, 20_001), day(one, 20_000, 2)]);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ accepted: 3 });
    expect([closesOf(one), closesOf(two)]).toEqual([[2, 3], [3]]);
    expect(neon.rowsOf(one)[0]?.cells).toMatchObject({ length_s: 86_400 });
    expect(neon.rowsOf(one)[0]?.cells["trades"]).toBe("");

    const { KEEPER } = env as unknown as Env;
    const keeper = KEEPER.get(KEEPER.idFromName(KEEPER_NAME)) as unknown as DurableObjectStub;
    const alarmMs = await runInDurableObject(keeper, (_, state) => state.storage.getAlarm());
    expect(alarmMs).toBeLessThan(Date.now() + 2_000);
    const list = await ask("/api/symbols", {}, "read");
    const { symbols } = symbolsAnswerSchema.parse(await list.json());
    const lines = symbols.filter(({ symbol }) => [one, two].includes(symbol));
    // Posted within the test.
    for (const { bars_posted: posted = 0 } of lines) {
      expect(Math.abs(Date.now() * 1_000 - posted)).toBeLessThan(60e6);
    }
    expect(lines.map(({ bars_posted: _, ...line }) => line)).toEqual(
      [
        { symbol: one, last_ts: 20_001 * DAY_US, change: 0.5 },
        { symbol: two, last_ts: 20_000 * DAY_US, change: null, change_reason: "no_base" },
      ].map((line) => ({
        ...{ ...line, last: 3, last_interval: "1d" },
        ...{ volume: 0, last_event: null, viewers: 0 },
      })),
    );
    // What is posted now is there at the next look.
    await push("bars", day(two, 20_001, 3.3));
    const later = await (await ask("/api/symbols", {}, "read")).json();
    const line = symbolsAnswerSchema.parse(later).symbols.find(({ symbol }) => symbol === two);
    expect(line).toMatchObject({ last: 3.3, last_ts: 20_001 * DAY_US });
    expect(line?.change).toBeCloseTo(0.1);
  });

  it("INV-6 takes the same again, and of two in one batch the later", async () => {
    const symbol = newSymbol();
    for (const close of [2, 3, 3])
      await push("bars", [day(symbol, 20_000, 1), day(symbol, 20_000, close)]);
    expect(closesOf(symbol)).toEqual([3]);
  });

  it("I-2 takes an object, NDJSON and gzip", async () => {
    const symbol = newSymbol();
    const lines = [1, 2].map((at) => JSON.stringify(day(symbol, 20_000 + at))).join("\n");
    const zipped = new Blob([JSON.stringify(day(symbol, 20_003))])
      .stream()
      .pipeThrough(new CompressionStream("gzip"));
    const bodies = [
      [JSON.stringify(day(symbol, 20_000)), {}],
      [lines, { "content-type": "application/x-ndjson" }],
      [await new Response(zipped).arrayBuffer(), { "content-encoding": "gzip" }],
    ] as const;
    for (const [body, headers] of bodies) {
      const init = { method: "POST", body, headers };
      expect((await ask("/api/bars", init, "write")).status).toBe(200);
    }
    expect(closesOf(symbol)).toHaveLength(4);
  });

  it("I-1 takes nothing of a batch in which an item is wrong, and names each", async () => {
    const symbol = newSymbol();
    const response = await push("bars", [
      day(symbol, 20_000),
      day(symbol, 20_000.5),
      { ...day(symbol, 20_002), interval: "1w" },
    ]);
    expect(response.status).toBe(422);
    const { errors } = problemSchema.parse(await response.json());
    expect(errors?.map(({ path }) => path)).toEqual(["[1].ts", "[2].interval"]);
    expect(closesOf(symbol)).toEqual([]);
  });

  it("answers 503 with Retry-After while the database is away", async () => {
    const symbol = newSymbol();
    neon.isAway = true;
    const response = await push("bars", [day(symbol, 20_000)]);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(problemSchema.parse(await response.json()).detail).toContain("Send the batch again");
    const list = await (await ask("/api/symbols", {}, "read")).text();
    expect(list).not.toContain(symbol);
  });

  it("INV-10 wants a token that may write, and for those symbols", async () => {
    const body = JSON.stringify([day("BTC-USD", 20_000), day("SPX", 20_000)]);
    expect((await ask("/api/bars", { method: "POST", body })).status).toBe(401);
    expect((await ask("/api/bars", { method: "POST", body }, "read")).status).toBe(403);
    const token = await tokenOf({ scope: "write", symbols: ["BTC-*"] });
    const headers = { authorization: `Bearer ${token}` };
    const response = await ask("/api/bars", { method: "POST", body, headers });
    expect(response.status).toBe(403);
    expect(problemSchema.parse(await response.json()).detail).toContain("SPX");
    expect((await ask("/api/bars", {}, "write")).status).toBe(405);
  });
});
