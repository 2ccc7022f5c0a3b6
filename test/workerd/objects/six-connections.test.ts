import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { ask, push } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

/** Of an object; the platform lets a seventh wait, with its time running. */
const CONNECTIONS = 6;

afterEach(() => {
  vi.restoreAllMocks();
});

it("S-7 a host that has many rooms to look up, and stores meanwhile, opens no seventh connection", async () => {
  const neon = new FakeNeon();
  // Each object names its use of the database.
  const open = new Map<string, number>();
  const most = new Map<string, number>();
  vi.spyOn(globalThis, "fetch").mockImplementation((async (input, init) => {
    const text = new Headers(init?.headers).get("neon-connection-string") ?? "";
    const use = /application_name=edgetape-(\w+)/.exec(text)?.[1] ?? "nobody";
    const now = (open.get(use) ?? 0) + 1;
    open.set(use, now);
    most.set(use, Math.max(now, most.get(use) ?? 0));
    await scheduler.wait(2);
    open.set(use, now - 1);
    return neon.fetch(input, init);
  }) as typeof fetch);

  const { WRITER } = env as unknown as Env;
  const symbols = Array.from({ length: 40 }, (_, at) => `HAD-${at}` as SymbolName);
  const frame = {
    cursor: 5 as Cursor,
    text: '{"kind":"trade","ts":1700000000000000,"price":1,"size":1}',
  };
  await WRITER.get(WRITER.idFromName("0")).store({
    ...{ host: "host-0" as HostName, lane: "outbox", correlationIds: [] },
    rooms: symbols.map((symbol) => ({ symbol, frames: [frame] })),
    ...{ outboxBytes: 1, roomsWaiting: symbols.length },
  });
  most.clear();
  const body = symbols.map((symbol) => ({ symbol, quantity: 1 }));
  expect((await push("positions", body)).status).toBe(202);
  const answers = await Promise.all(
    symbols.map(async (symbol) => (await ask(`/api/positions/${symbol}`, {}, "read")).status),
  );
  expect(new Set(answers)).toEqual(new Set([200]));
  expect([...most.keys()].sort()).toEqual(expect.arrayContaining(["reader", "writer"]));
  for (const [use, count] of most) expect(count, use).toBeLessThanOrEqual(CONNECTIONS);
  // It is no accident: they would all be open.
  expect(most.get("reader")).toBeGreaterThan(2);
});
