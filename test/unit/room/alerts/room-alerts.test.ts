import { describe, expect, it } from "vitest";
import { createAlertsTable, RoomAlerts } from "../../../../durable/room/alerts/room-alerts.ts";
import { compileRule } from "../../../../src/core/alerts/compiled-rule.ts";
import type { LastKnown } from "../../../../src/core/alerts/symbol-alerts.ts";
import { decodeFrame, encodeFrame } from "../../../../src/core/events/encode-events.ts";
import type { AlertRule } from "../../../../src/protocol/alerts/rule.ts";
import type { AlertEvent } from "../../../../src/protocol/events/alert.ts";
import type { TradeEvent } from "../../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { memorySql } from "../sqlite-port.ts";

const SECOND = 1_000_000;
/** Where the log of an earlier host ended. */
const BEFORE = 1_790_000_000 * SECOND;
const HIGH: AlertRule = {
  ...{ name: "high", symbols: "*", on: { price: "last" }, condition: { above: 100 } },
};
const STALE: AlertRule = {
  ...{ name: "still", symbols: "*", on: { silence: "trade" } },
  condition: { stale: { after: "30s" } },
};

const trade = (price: number, ts: number): TradeEvent => ({
  ...{ kind: "trade", ts: ts as EpochUs, price, size: 1 },
});
const firing = (rule: string): AlertEvent => ({
  ...{ kind: "alert", ts: (BEFORE - 10) as EpochUs, rule, from: "inactive", state: "firing" },
  ...{ severity: "warning", message: "" },
});

/** What a room tells once it knows what was before it: `commits` came meanwhile, each a second after the one before. */
function toldAfter(
  rule: AlertRule,
  before: { earlier: AlertEvent[]; known: LastKnown; prunedThrough: number },
  commits: TradeEvent[][],
) {
  const sql = memorySql();
  createAlertsTable(sql);
  const head = BEFORE + commits.length * SECOND;
  const alerts = new RoomAlerts({
    ...{ symbol: "A" as SymbolName, sql, rules: () => [compileRule(rule)], areOthers: () => false },
    log: {
      ...{ id: 1 as never, head: head as Cursor, isPending: false, isSealed: false },
      prunedThrough: before.prunedThrough as Cursor,
      *framesAfter() {
        for (const [at, events] of commits.entries()) {
          yield { cursor: (BEFORE + (at + 1) * SECOND) as Cursor, ...encodeFrame(events) };
        }
      },
    },
    known: () => expect.fail("it was told what was known"),
    ...{ changed: () => undefined, takenOver: () => undefined },
    ...{ evaluated: () => undefined, waits: () => undefined },
  });
  const frames = alerts.beginAfter(before.earlier, before.known, (head + 1) as EpochUs) ?? [];
  const told = frames.flatMap(({ text }) => decodeFrame(text));
  return {
    told: told.map((event) => (event.kind === "alert" ? `${event.from} ${event.state}` : "")),
    active: alerts.active.map(({ state }) => state),
  };
}

describe("AL-10 a room that learns late what was before it", () => {
  const life = (price: number) => ({
    ...{ known: { events: [trade(price, BEFORE)], book: null }, prunedThrough: BEFORE },
  });

  it("lets an alert fire on, whatever older value has come meanwhile (AL-6)", () => {
    const old = trade(1, BEFORE - 7_200 * SECOND);
    const before = { earlier: [firing("high")], ...life(150) };
    expect(toldAfter(HIGH, before, [[old]])).toEqual({ told: [], active: ["firing"] });
    expect(toldAfter(HIGH, before, [[trade(1, BEFORE + 1)]]).told).toEqual(["firing inactive"]);
  });

  it("ends no silence by what is known from before it", () => {
    const before = { earlier: [firing("still")], ...life(150) };
    expect(toldAfter(STALE, before, [])).toEqual({ told: [], active: ["firing"] });
    expect(toldAfter(STALE, before, [[trade(1, BEFORE + 1)]]).told).toEqual(["firing inactive"]);
  });

  it("ends no lack of data by the value that was before it", () => {
    const rule: AlertRule = { ...HIGH, no_data: "alert", no_data_after: "30s" };
    const before = { earlier: [firing("high")], ...life(50) };
    expect(toldAfter(rule, before, [])).toEqual({ told: [], active: ["firing"] });
    const old = trade(1, BEFORE - SECOND);
    expect(toldAfter(rule, before, [[old]])).toEqual({ told: [], active: ["firing"] });
    expect(toldAfter(rule, before, [[trade(1, BEFORE + 1)]]).told).toEqual(["firing inactive"]);
    expect(toldAfter(HIGH, before, []).told).toEqual(["firing inactive"]);
  });

  it("tells what came first of a symbol that nobody had, and not its last value alone", () => {
    const nothing = { earlier: [], known: { events: [], book: null }, prunedThrough: 0 };
    const prices = [150, 50, 160, 60];
    const commit = prices.map((price, at) => trade(price, BEFORE + at));
    expect(toldAfter(HIGH, nothing, [commit])).toEqual({
      ...{ told: ["inactive firing", "firing inactive"], active: [] },
    });
  });
});

describe("AL-2 a room that has not been told of a rule yet", () => {
  it("asks before it looks at what is pushed, and before it says what fires", () => {
    const sql = memorySql();
    createAlertsTable(sql);
    let rules: AlertRule[] = [{ ...HIGH, name: "before" }];
    let areOthers = false;
    const alerts = new RoomAlerts({
      ...{ symbol: "A" as SymbolName, sql, rules: () => rules.map(compileRule) },
      areOthers: () => {
        const were = areOthers;
        areOthers = false;
        return were;
      },
      log: {
        ...{ id: 1 as never, head: BEFORE as Cursor, isPending: false, isSealed: false },
        ...{ prunedThrough: BEFORE as Cursor, framesAfter: () => [] as never },
      },
      known: () => ({ events: [], book: null }),
      ...{ changed: () => undefined, takenOver: () => undefined },
      ...{ evaluated: () => undefined, waits: () => undefined },
    });
    const firedBy = (price: number) => {
      const frames = alerts.withChanges([encodeFrame([trade(price, BEFORE)])], BEFORE as EpochUs);
      return frames
        .flatMap(({ text }) => decodeFrame(text))
        .flatMap((event) => (event.kind === "alert" ? [event.rule] : []));
    };
    expect(firedBy(1)).toEqual([]);
    rules = [...rules, HIGH];
    areOthers = true;
    expect(firedBy(150)).toEqual(["before", "high"]);
    rules = [HIGH];
    areOthers = true;
    const told = alerts.look(BEFORE as EpochUs)?.flatMap(({ text }) => decodeFrame(text));
    expect(told).toMatchObject([{ rule: "before", state: "inactive" }]);
  });
});

describe("AL-4 a room whose log is dropped behind what it wrote down", () => {
  const WAITS: AlertRule = { ...HIGH, for: "3s" };

  it("keeps a change that time alone has made", () => {
    const sql = memorySql();
    createAlertsTable(sql);
    const log = { id: 1 as never, head: BEFORE as Cursor, isPending: false, isSealed: false };
    const life = () =>
      new RoomAlerts({
        ...{ symbol: "A" as SymbolName, sql, rules: () => [compileRule(WAITS)] },
        areOthers: () => false,
        log: { ...log, prunedThrough: BEFORE as Cursor, framesAfter: () => [] as never },
        known: () => ({ events: [], book: null }),
        ...{ changed: () => undefined, takenOver: () => undefined },
        ...{ evaluated: () => undefined, waits: () => undefined },
      });
    const first = life();
    const states = (frames: ReturnType<typeof first.look>) =>
      (frames ?? [])
        .flatMap(({ text }) => decodeFrame(text))
        .flatMap((event) => (event.kind === "alert" ? [event.state] : []));
    const pushed = first.withChanges([encodeFrame([trade(150, BEFORE)])], BEFORE as EpochUs);
    expect(states([...pushed])).toEqual(["pending"]);
    first.appended();
    expect(states(first.look((BEFORE + 4 * SECOND) as EpochUs))).toEqual(["firing"]);
    first.appended();
    first.keepBeforeDrop((BEFORE + 5 * SECOND) as EpochUs);

    const next = life();
    expect(next.look((BEFORE + 6 * SECOND) as EpochUs)).toBeNull();
    expect(next.active.map(({ state }) => state)).toEqual(["firing"]);
  });
});
