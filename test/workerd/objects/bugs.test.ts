import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { KEEPER_NAME } from "../../../src/bindings/keeper.ts";
import type { StoreRequest, SymbolFrames } from "../../../src/bindings/writer.ts";
import { encodeFrame } from "../../../src/core/events/encode-events.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { soon } from "../../soon.ts";
import { ask, closeSockets, newSymbol, pushPoints } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

/*
 * L-9: only a database that did not do what it was asked is away. What our own code stumbles over is
 * a bug: it is answered 500, and the log has its stack.
 */

let neon: FakeNeon;
const lines: Record<string, unknown>[] = [];
beforeEach(() => {
  neon = new FakeNeon();
  lines.length = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
  vi.spyOn(console, "log").mockImplementation((line: string) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const loud = (event: string) =>
  lines.find((line) => line["event"] === event && line["level"] === "error");

describe("L-9 a bug", () => {
  // First, while the host has not learned the names yet.
  it("in reading the names of symbols is no database that is away, however often somebody asks", async () => {
    neon.isStrange = true;
    for (const _ of [1, 2]) expect((await ask("/api/symbols", {}, "read")).status).toBe(500);
    expect((await ask("/api/history/NEVER", {}, "read")).status).toBe(500);
    expect(loud("request_failed")?.["detail"]).toContain("null");
    neon.isStrange = false;
    expect((await ask("/api/symbols", {}, "read")).status).toBe(200);
  });

  it("in reading what the database answers is a 500, and the log has its stack", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 0, 1);
    await neon.untilStored(symbol, 1);
    neon.isStrange = true;
    const response = await ask(`/api/history/${symbol}`, {}, "read");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ type: expect.stringContaining("internal") });
    expect(loud("request_failed")?.["stack"]).toContain("TypeError");
    const ready = await ask("/readyz", {}, "read");
    expect(ready.status).toBe(500);
  });

  it("INV-1 that the Writer meets is told loudly, and the outbox goes when it is gone", async () => {
    const symbol = newSymbol();
    neon.isStrange = true;
    await pushPoints(symbol, 0, 3);
    await soon(() => expect(loud("store_failed")?.["stack"]).toContain("TypeError"));
    expect(loud("store_failed")).toMatchObject({ kind: "broken" });
    neon.isStrange = false;
    expect(await neon.untilStored(symbol, 3)).toHaveLength(3);
  });

  it("INV-1 in the frames of one symbol leaves those of others to be stored, and is named", async () => {
    const writers = (env as unknown as Env).WRITER;
    const writer = writers.get(writers.idFromName("0"));
    const roomOf = (text: string): SymbolFrames => ({
      symbol: newSymbol() as SymbolName,
      frames: [{ cursor: (Date.now() * 1_000) as Cursor, text }],
    });
    const good = encodeFrame([{ kind: "metric", ts: 5 as EpochUs, metric: "m", value: 1 }]).text;
    const requests = [[good], [good, "not an event", good], ["nor this"], [good]].map(
      (texts, at): StoreRequest => ({
        ...{ host: `host-${at}` as HostName, lane: "outbox", rooms: texts.map(roomOf) },
        ...{ correlationIds: ["c"], outboxBytes: 1, roomsWaiting: 1 },
      }),
    );
    const outcomes = await Promise.all(requests.map((request) => writer.store(request)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["stored", "partly", "broken", "stored"]);
    const bad = requests[1]?.rooms[1]?.symbol;
    expect(outcomes[1]).toMatchObject({ refused: [bad] });
    const rooms = requests.flatMap((request) => request.rooms);
    expect(rooms.map(({ symbol }) => neon.rowsOf(symbol).length)).toEqual([1, 1, 0, 1, 0, 1]);
  });

  it("that the Keeper meets is told loudly, and it comes again", async () => {
    neon.isStrange = true;
    const keepers = (env as unknown as Env).KEEPER;
    const stub = keepers.get(keepers.idFromName(KEEPER_NAME)) as unknown as DurableObjectStub;
    await runInDurableObject(stub, (_, ctx) => ctx.storage.setAlarm(Date.now() + 60_000));
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(loud("keeping_failed")?.["stack"]).toContain("TypeError");
    const alarmMs = await runInDurableObject(stub, (_, ctx) => ctx.storage.getAlarm());
    expect((alarmMs ?? Number.POSITIVE_INFINITY) - Date.now()).toBeLessThanOrEqual(30_000);
  });
});
