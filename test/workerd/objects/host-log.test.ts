import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { HostLog, type RoomId } from "../../../durable/host/log/host-log.ts";
import type { Env } from "../../../src/bindings/env.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { hostStubOf, newSymbol } from "../edgetape.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
const KEEPING = { events: 400, bytes: 1e9, recentBytes: 1_000 };
const [QUIET, BUSY] = [1, 2] as RoomId[] as [RoomId, RoomId];

it("a host's log is written, read, moved and dropped by the storage of the platform", async () => {
  // Any object will do: what is tried is its SQLite.
  const { KEYS } = env as unknown as Env;
  const stub = KEYS.get(KEYS.idFromName("keys-of-the-log-test")) as unknown as DurableObjectStub;
  await runInDurableObject(stub, (_, { storage }) => {
    const open = () => new HostLog(storage.sql, NOW_US, () => "id", KEEPING);
    const log = open();
    for (let row = 0; row < 1_000; row += 1) {
      const parts = [{ room: BUSY, frames: [{ text: `é${row}`, count: 1 }] }];
      const request = { key: `k${row}`, fingerprint: `${row}` };
      log.append(parts, [request], NOW_US);
      if (row === 950) log.append([{ room: QUIET, frames: [{ text: "q", count: 1 }] }], [], NOW_US);
    }
    log.moveBehind(QUIET, log.head, NOW_US);
    const limit = { events: 100, bytes: 1e6 };
    for (const each of [log, open()]) {
      expect([...each.framesOf(QUIET, 0 as Cursor, each.head)]).toEqual([
        { cursor: each.head, text: "q", count: 1 },
      ]);
      expect(each.newestOf(BUSY, 2).map(({ text }) => text)).toEqual(["é998", "é999"]);
      expect(each.findKey("k3", NOW_US)?.partOf([BUSY])).toEqual({ kind: "had", end: NOW_US + 3 });
    }
    const reading = log.framesOf(BUSY, 0 as Cursor, log.head);
    expect(reading.next().value?.text).toBe("é0");
    for (;;) {
      const part = log.outbox(limit, log.storedThrough, () => true);
      if (part === null) break;
      log.markStored(part);
    }
    for (let due = log.prunable; due !== null; due = log.prunable) log.prune(due.through);
    for (const each of [log, open()]) {
      expect(each.events).toBe(401);
      expect(each.findKey("k3", NOW_US)?.fingerprint).toBe("3");
      expect(each.lastOf(BUSY)).toBe(NOW_US + 1_000);
    }
  });
});

it.each([1_999, 2_000, 4_500])(
  "a host that wakes with %i rooms has all of them before it answers",
  async (count) => {
    const prefix = newSymbol();
    const symbols = Array.from({ length: count }, (_, at) => `${prefix}-${at}` as SymbolName);
    const host = () => hostStubOf(prefix);
    const before = (await host().namesAfter("", 50_000)).length;
    await host().know(symbols);
    await evictDurableObject(host());
    const [last] = symbols.slice(-1) as [SymbolName];
    expect(await host().acquaintance([last])).toEqual({ kind: "known" });
    expect(await host().namesAfter("", 50_000)).toHaveLength(before + count);
  },
);
