import { describe, expect, it } from "vitest";
import { HostAlerts } from "../../../durable/host/alerts/host-alerts.ts";
import type { HostMeta } from "../../../durable/host/symbols/host-meta.ts";
import { createAlertsTable } from "../../../durable/room/alerts/room-alerts.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { AlertRule } from "../../../src/protocol/alerts/rule.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { memorySql } from "../room/sqlite-port.ts";

const SYMBOLS = ["A", "B", "C"] as SymbolName[];
const rule = (at: number): AlertRule => ({
  ...{ name: `r${at}`, symbols: "*", on: { metric: "m" }, condition: { above: at } },
});
const rules = (count: number) => Array.from({ length: count }, (_, at) => rule(at));

/** A host of three rooms, whose timers end when they are told to. */
function startHost() {
  const sql = memorySql();
  createAlertsTable(sql);
  const meta = new Map<string, unknown>();
  const told: string[] = [];
  const waits: { ms: number; end: () => void }[] = [];
  const records = SYMBOLS.map((symbol) => ({ symbol, isSealed: false, pending: null }));
  let nowMs = 1_000;
  const alerts = new HostAlerts({
    ...{ host: "h" as HostName, sql, keepAwake: () => undefined, nowMs: () => nowMs },
    meta: {
      read: (key: string) => meta.get(key) ?? null,
      write: (key: string, value: unknown) => void meta.set(key, value),
    } as unknown as HostMeta,
    registry: {
      all: () => records,
      find: (symbol: SymbolName) => records.find((record) => record.symbol === symbol),
      byId: () => expect.fail("no room waits"),
    } as never,
    notices: {} as never,
    roomOf: (symbol) => ({ rulesChanged: () => void told.push(symbol), activeAlerts: () => [] }),
    prepare: async () => undefined,
    causeOf: () => null,
    askRules: () => expect.fail("it was told"),
    names: { isLearned: () => true, learn: () => undefined },
    wait: (ms) => new Promise((end) => waits.push({ ms, end })),
    newId: () => expect.fail("nothing changes"),
    ...{ followed: () => undefined, armAlarm: () => undefined, failed: () => undefined },
  });
  /** The timer that is set now ends. */
  const pass = async () => {
    const wait = waits.shift();
    if (wait === undefined) throw new Error("nobody waits");
    nowMs += wait.ms;
    wait.end();
    await settled();
    return wait.ms;
  };
  return { alerts, told, waits, pass };
}

async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe("AL-2 rules that are set one by one", () => {
  it("have each room begin anew once for many of them, and the first at once", async () => {
    const { alerts, told, waits, pass } = startHost();
    alerts.take({ version: 1, rules: rules(1) });
    await settled();
    expect(told).toEqual(SYMBOLS);
    for (let count = 2; count <= 200; count += 1) {
      alerts.take({ version: count, rules: rules(count) });
      await settled();
    }
    expect(told).toEqual(SYMBOLS);
    expect(waits).toHaveLength(1);
    expect(await pass()).toBe(500);
    expect(told).toEqual([...SYMBOLS, ...SYMBOLS]);
  });

  it("are asked for by a room that something comes to meanwhile, and by whoever asks what fires", async () => {
    const { alerts, told } = startHost();
    alerts.take({ version: 1, rules: rules(1) });
    await settled();
    told.length = 0;
    alerts.take({ version: 2, rules: rules(2) });
    const ofA = alerts.ofRoom(SYMBOLS[0] as SymbolName);
    expect([ofA.areOthers(), ofA.areOthers(), ofA.rules().length]).toEqual([true, false, 2]);
    await alerts.active(null);
    expect(told).toEqual(["B", "C"]);
  });

  it("do not keep on telling rooms whose rules change meanwhile", async () => {
    const { alerts, told, waits, pass } = startHost();
    alerts.take({ version: 1, rules: rules(1_000) });
    await settled();
    // A thousand rules of a room are a turn.
    expect(told).toEqual(["A"]);
    for (let count = 1_001; count <= 1_003; count += 1) {
      alerts.take({ version: count, rules: rules(count) });
      expect(await pass()).toBe(0);
    }
    expect(told).toEqual(["A", "B", "C"]);
    expect(waits.map(({ ms }) => ms)).toEqual([500]);
    await pass();
    expect(told).toEqual(["A", "B", "C", "A"]);
  });
});
