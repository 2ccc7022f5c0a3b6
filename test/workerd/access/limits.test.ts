import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { type Config, configOf } from "../../../src/config.ts";
import { writerNames } from "../../../src/core/placement/writer-shard.ts";
import { soon } from "../../soon.ts";
import { ask, hostStubOf, newSymbol, push, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Settings of an object, whose `env` is another than the Worker's; it reads them when it wakes. */
async function setOf(stub: DurableObjectStub, settings: Partial<Config>): Promise<void> {
  await runInDurableObject(stub, (object) => {
    Object.assign(configOf((object as unknown as { env: object }).env), settings);
  });
  await evictDurableObject(stub);
}

function writerStub(): DurableObjectStub {
  const { WRITER } = env as unknown as Env;
  const [name = ""] = writerNames(1);
  return WRITER.get(WRITER.idFromName(name)) as unknown as DurableObjectStub;
}

// First, for a Writer that has work under way cannot be made to read other settings.
describe("L-24 a backlog", () => {
  it("is said by /readyz where an outbox has filled a quarter of its limit, until it is stored", async () => {
    const symbol = newSymbol();
    await setOf(writerStub(), { LIMIT_OUTBOX_BYTES: 400 });
    const ready = async () =>
      (await (await ask("/readyz", {}, "read")).json()) as { status: string; warnings: string[] };
    await push("metrics", { symbol, metric: "m", value: 0 });
    await neon.untilStored(symbol, 1);
    expect((await ready()).warnings).not.toContain("storing_behind");
    neon.isAway = true;
    await push("metrics", { symbol, metric: "m", value: 1, labels: { long: "x".repeat(150) } });
    await soon(async () =>
      expect(await ready()).toMatchObject({
        status: "degraded",
        warnings: expect.arrayContaining(["storing_behind"]),
        backlog: {
          ...{ rooms: 1, bytes: expect.any(Number), oldest: expect.any(Number) },
          reason: expect.stringContaining("wait for the database"),
        },
      }),
    );
    neon.isAway = false;
    await neon.untilStored(symbol, 2);
    await soon(async () => expect((await ready()).warnings).not.toContain("storing_behind"));
    // The setting is that of all objects.
    await setOf(hostStubOf(symbol), { LIMIT_OUTBOX_BYTES: 0 });
  });
});

describe("L-22 series of a symbol", () => {
  const points = (symbol: string, ...ids: number[]) =>
    ids.map((id) => ({ symbol, metric: "load", value: id, labels: { id: `${id}` } }));

  it("beyond the limit are refused in words, and those that are there go on, whatever sleeps between", async () => {
    const [symbol, other] = [newSymbol(), newSymbol()];
    await setOf(hostStubOf(symbol), { LIMIT_SERIES: 3 });
    expect((await push("metrics", points(symbol, 1, 2, 3))).status).toBe(202);
    const refused = await push("metrics", points(symbol, 1, 4));
    expect(refused.status).toBe(422);
    const problem = (await refused.json()) as { type: string; detail: string };
    expect(problem.type).toBe("urn:edgetape:problem:too-many-series");
    expect(problem.detail).toContain("LIMIT_SERIES");
    expect(problem.detail).toContain(symbol);
    // Of several rooms none takes its part.
    const both = [...points(other, 1), ...points(symbol, 4)];
    expect((await push("metrics", both)).status).toBe(422);
    expect((await ask(`/api/rooms/${other}/events?since=0`, {}, "read")).status).toBe(404);
    await evictDurableObject(hostStubOf(symbol));
    expect((await push("metrics", points(symbol, 2, 4))).status).toBe(422);
    expect((await push("metrics", points(symbol, 3, 2, 1))).status).toBe(202);
    expect((await push("trades", { symbol, price: 1, size: 1 })).status).toBe(202);
    await neon.untilStored(symbol, 6);
  });

  it("R-1 a push with too many of them leaves nothing of a symbol that nobody has pushed", async () => {
    const symbol = newSymbol();
    await setOf(hostStubOf(symbol), { LIMIT_SERIES: 3 });
    expect((await push("metrics", points(symbol, 1, 2, 3, 4))).status).toBe(422);
    const names = await ask(`/api/metrics/names?symbol=${symbol}`, {}, "read");
    expect(names.status).toBe(404);
  });
});

describe("L-23 new symbols of a token's holder", () => {
  const sent = async (symbols: string[], sub: string, key?: string) =>
    ask("/api/trades", {
      method: "POST",
      body: JSON.stringify(symbols.map((symbol) => ({ symbol, price: 1, size: 1 }))),
      headers: {
        authorization: `Bearer ${await tokenOf({ scope: "write", sub })}`,
        ...(key !== undefined && { "idempotency-key": key }),
      },
    });

  it("are so many a minute; more are refused before a room is made, with when to come back", async () => {
    await setOf(hostStubOf(newSymbol()), { LIMIT_NEW_ROOMS: 3 });
    const [a, b, c, d, e] = Array.from({ length: 5 }, newSymbol) as [string, ...string[]];
    expect((await sent([a, b as string], "one")).status).toBe(202);
    const refused = await sent([c as string, d as string], "one", "again");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(await refused.json()).toMatchObject({
      type: "urn:edgetape:problem:too-many-new-symbols",
      detail: expect.stringContaining("LIMIT_NEW_ROOMS"),
    });
    expect((await ask(`/api/rooms/${c}/events?since=0`, {}, "read")).status).toBe(404);
    // What is known goes on, others have a count of their own, and the key is free.
    expect((await sent([a, b as string, c as string], "one")).status).toBe(202);
    expect((await sent([d as string, e as string], "two", "again")).status).toBe(202);
    expect((await sent([d as string, a], "one", "again")).status).toBe(202);
  });
});
