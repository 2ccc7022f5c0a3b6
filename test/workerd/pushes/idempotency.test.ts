import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HostBatch, PackedBatch } from "../../../src/bindings/host.ts";
import { configOf } from "../../../src/config.ts";
import { encodeEvents, encodeFrames } from "../../../src/core/events/encode-events.ts";
import { packRooms } from "../../../src/core/events/packed-rooms.ts";
import { isUnknownMethod } from "../../../src/core/limits/object-failure.ts";
import { acceptedSchema, pollAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { ask, type Claims, hostStubOf, newSymbol, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
});
afterEach(() => vi.restoreAllMocks());

/** From here on each symbol has a host of its own, for the Worker and for the objects, whose `env` is another. */
async function placeApart(): Promise<void> {
  const settings = { ROOM_HOSTS: 0 };
  await runInDurableObject(hostStubOf(newSymbol()), (host) => {
    Object.assign(configOf((host as unknown as { env: object }).env), settings);
  });
  Object.assign(configOf(env), settings);
}

const NOW_US = (Date.now() * 1_000) as EpochUs;
const DESK: Claims = { scope: "read write", sub: "desk" };

async function send(
  key: string,
  items: unknown,
  { route = "metrics", claims = DESK }: { route?: string; claims?: Claims } = {},
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${await tokenOf(claims)}`,
    "content-type": "application/json",
    "idempotency-key": key,
  };
  return ask(`/api/${route}`, { method: "POST", body: JSON.stringify(items), headers });
}

async function valuesOf(symbol: string): Promise<unknown[]> {
  const since = (Date.now() - 60_000) * 1_000;
  const response = await ask(`/api/rooms/${symbol}/events?since=${since}`, {}, "read");
  if (response.status === 404) return [];
  const { events } = pollAnswerSchema.parse(await response.json());
  return events.map((event) => (event.kind === "metric" ? event.value : event.kind));
}

async function expectReused(response: Response): Promise<void> {
  expect(response.status).toBe(422);
  const { type } = problemSchema.parse(await response.json());
  expect(type).toBe("urn:edgetape:problem:idempotency-key-reused");
}

const point = (symbol: string, value: number) => ({ symbol, metric: "m", value });

describe("I-14 an Idempotency-Key belongs to whose token it came with", () => {
  it("two tenants with the same key are both heard", async () => {
    const symbol = newSymbol();
    expect((await send(symbol, point(symbol, 1))).status).toBe(202);
    const tenant = { claims: { scope: "write", sub: "tenant" } };
    expect((await send(symbol, point(symbol, 2), tenant)).status).toBe(202);
    // The same body as well: it is another's all the same.
    expect((await send(symbol, point(symbol, 1), tenant)).status).toBe(422);
    const third = { claims: { scope: "write", sub: "third" } };
    expect((await send(symbol, point(symbol, 1), third)).status).toBe(202);
    expect(await valuesOf(symbol)).toEqual([1, 2, 1]);
  });

  it("a tenant is known again by its next token, and without sub by what the token allows", async () => {
    const symbol = newSymbol();
    const claims = { scope: "write", symbols: [symbol] };
    const first = await send(symbol, point(symbol, 1), { claims: { ...claims, ends: "1h" } });
    const next = await send(symbol, point(symbol, 1), { claims: { ...claims, ends: "2h" } });
    expect(await next.text()).toBe(await first.text());
    const other = { claims: { scope: "write", symbols: [symbol, "X-*"] } };
    expect((await send(symbol, point(symbol, 2), other)).status).toBe(202);
    expect(await valuesOf(symbol)).toEqual([1, 2]);
  });
});

describe("I-15 an Idempotency-Key covers the whole request", () => {
  it("another symbol, more symbols, fewer symbols and another route are refused, and nothing of them is taken", async () => {
    const [a, b, key] = [newSymbol(), newSymbol(), newSymbol()];
    expect((await send(key, [point(a, 1), point(b, 1)])).status).toBe(202);
    const c = newSymbol();
    await expectReused(await send(key, point(c, 1)));
    await expectReused(await send(key, [point(a, 1), point(b, 1), point(c, 1)]));
    await expectReused(await send(key, point(a, 1)));
    const held = { symbol: c, quantity: 1 };
    await expectReused(await send(key, held, { route: "positions" }));
    const ts = "2020-01-01T00:00:00Z";
    const bar = { symbol: c, interval: "1d", ts, open: 1, high: 1, low: 1, close: 1, volume: 1 };
    await expectReused(await send(key, bar, { route: "bars" }));
    expect(await Promise.all([a, b, c].map(valuesOf))).toEqual([[1], [1], []]);
  });

  it("the same again has the same answer, whatever ended in between", async () => {
    const [a, b] = [newSymbol(), newSymbol()];
    const batch = [point(a, 1), point(b, 2), point(a, 3)];
    const first = await (await send(a, batch)).text();
    await abortAllDurableObjects();
    expect(await (await send(a, batch)).text()).toBe(first);
    await abortAllDurableObjects();
    await expectReused(await send(a, [point(newSymbol(), 1)]));
    expect(await Promise.all([a, b].map(valuesOf))).toEqual([[1, 3], [2]]);
  });

  it("what is refused for itself leaves the key free, and one of two at once is taken", async () => {
    const [a, b] = [newSymbol(), newSymbol()];
    expect((await send(a, { symbol: a, metric: "m", value: "1" })).status).toBe(422);
    const answers = await Promise.all([send(a, point(a, 1)), send(a, point(b, 2))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 422]);
    const values = await Promise.all([a, b].map(valuesOf));
    expect(values.flat()).toHaveLength(1);
  });
});

describe("I-16 a request that failed half-way", () => {
  it("on one host is taken whole or not at all", async () => {
    const [a, b] = [newSymbol(), newSymbol()];
    const batch = [point(a, 1), point(b, 2)];
    await runInDurableObject(hostStubOf(a), (host) => {
      Object.assign(host, { append: () => Promise.reject(new Error("gone")) });
    });
    expect((await send(a, batch)).status).toBe(500);
    await abortAllDurableObjects();
    expect(await Promise.all([a, b].map(valuesOf))).toEqual([[], []]);
    expect((await send(a, batch)).status).toBe(202);
    expect(await Promise.all([a, b].map(valuesOf))).toEqual([[1], [2]]);
  });

  it("over several hosts is completed by the same again, and what was taken is not taken twice", async () => {
    await placeApart();
    const [a, b] = [newSymbol(), newSymbol()];
    const batch = [point(a, 1), point(b, 2)];
    // The host of b ends while it appends.
    await runInDurableObject(hostStubOf(b), (room) => {
      Object.assign(room, { append: () => Promise.reject(new Error("gone")) });
    });
    expect((await send(a, batch)).status).toBe(500);
    expect(await valuesOf(a)).toEqual([1]);
    await expectReused(await send(a, [point(a, 1)]));
    await abortAllDurableObjects();
    const again = await send(a, batch);
    expect(again.status).toBe(202);
    const { accepted, cursors } = acceptedSchema.parse(await again.json());
    expect([accepted, Object.keys(cursors).sort()]).toEqual([2, [a, b].sort()]);
    expect(await Promise.all([a, b].map(valuesOf))).toEqual([[1], [2]]);
  });
});

it("I-6 batches that come in one call have each its own outcome, as the version before has of the first", async () => {
  const symbol = newSymbol() as SymbolName;
  const host = hostStubOf(symbol);
  const batch = (value: number, fingerprint?: string): HostBatch => ({
    rooms: [{ symbol, frames: encodeFrames([{ kind: "metric", metric: "m", value, ts: NOW_US }]) }],
    ...{ holder: "desk", correlationId: "c" },
    ...(fingerprint !== undefined && { idempotency: { key: symbol, fingerprint } }),
  });
  const said = await host.append(batch(1), [batch(2, "a"), batch(3, "b"), batch(2, "a"), batch(4)]);
  expect(said).toMatchObject(
    ["appended", "appended", "key_reused", "repeated", "appended"].map((kind) => ({ kind })),
  );
  expect(await valuesOf(symbol)).toEqual([1, 2, 4]);
  expect(await host.append(batch(2, "a"))).toMatchObject({ kind: "repeated" });
});

it("I-6 so have batches that come packed, as the Worker sends them", async () => {
  const symbol = newSymbol() as SymbolName;
  const host = hostStubOf(symbol);
  const batch = (value: number, fingerprint?: string): PackedBatch => ({
    rooms: packRooms(
      encodeEvents([{ symbol, event: { kind: "metric", metric: "m", value, ts: NOW_US } }]),
    ),
    ...{ holder: "desk", correlationId: "c" },
    ...(fingerprint !== undefined && { idempotency: { key: symbol, fingerprint } }),
  });
  const said = await host.appendPacked([batch(1), batch(2, "a"), batch(3, "b"), batch(2, "a")]);
  expect(said).toMatchObject(
    ["appended", "appended", "key_reused", "repeated"].map((kind) => ({ kind })),
  );
  expect(await valuesOf(symbol)).toEqual([1, 2]);
});

it("tells a method that an object does not have from a failure of one that it has", async () => {
  const host = hostStubOf(newSymbol()) as unknown as Record<string, () => Promise<unknown>>;
  const failure = (method: string) => host[method]?.().catch((error: unknown) => error);
  const unknown = await failure("appendOfTomorrow");
  expect(isUnknownMethod(unknown, "appendOfTomorrow")).toBe(true);
  expect(isUnknownMethod(unknown, "append")).toBe(false);
  const failed = await failure("append");
  expect(failed).toBeInstanceOf(TypeError);
  expect(isUnknownMethod(failed, "append")).toBe(false);
});
