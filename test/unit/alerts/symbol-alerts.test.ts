import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AlertChange,
  addChange,
  alertEventOf,
  type Chains,
} from "../../../src/core/alerts/alert-change.ts";
import type { CompiledRule } from "../../../src/core/alerts/compiled-rule.ts";
import type { SavedAlerts } from "../../../src/core/alerts/saved-alerts.ts";
import { SymbolAlerts } from "../../../src/core/alerts/symbol-alerts.ts";
import { encodeFrame } from "../../../src/core/events/encode-events.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { point, rule, SECOND } from "./rules.ts";

const SYMBOL = "BTC-USD";

type Labels = Record<string, string> | undefined;

interface Came {
  atS: number;
  events: TapeEvent[];
}

/** What rules make of events, each at its second, and of time at the end. */
function run(rules: CompiledRule[], came: Came[], endS = 0): AlertChange[] {
  const alerts = new SymbolAlerts(SYMBOL, rules);
  const changes = alerts.begin(rules, { events: [], book: null }, 0);
  for (const { atS, events } of came) changes.push(...alerts.observe(events, atS * SECOND));
  if (endS > 0) changes.push(...alerts.advance(endS * SECOND));
  return changes;
}

/** What is told of each series. */
function toldOf(changes: readonly AlertChange[]): Chains {
  const chains: Chains = new Map();
  for (const change of changes) addChange(chains, change);
  return chains;
}

const told = (changes: readonly AlertChange[]) =>
  changes.map(({ to, atUs, series }) =>
    [to, atUs / SECOND, ...(series === undefined || series === "m" ? [] : [series])].join(" "),
  );

const at = (atS: number, ...values: number[]): Came => ({
  atS,
  events: values.map((value) => point(atS * SECOND, value)),
});

describe("a rule on a value", () => {
  it("AL-5 fires at once without `for`, and is over when it is no longer true", () => {
    const changes = run([rule()], [at(1, 5), at(2, 11), at(3, 12), at(4, 10)]);
    expect(told(changes)).toEqual(["firing 2", "inactive 4"]);
    expect(changes[0]).toEqual({
      ...{ id: "r/BTC-USD/m/firing/2000000", rule: "r", symbol: SYMBOL, series: "m" },
      ...{ from: "inactive", to: "firing", value: 11, atUs: 2 * SECOND },
      message: "BTC-USD m is 11: above 10",
    });
  });

  it("AL-5 is pending for `for`, and fires then whether or not anything comes", () => {
    const rules = [rule({ for: "10s" })];
    expect(told(run(rules, [at(1, 11), at(5, 9), at(6, 11)], 30))).toEqual([
      ...["pending 1", "inactive 5", "pending 6", "firing 16"],
    ]);
    // An event behind the deadline finds it fired: nobody has to look in between.
    expect(told(run(rules, [at(1, 11), at(60, 5)]))).toEqual([
      "pending 1",
      "firing 11",
      "inactive 60",
    ]);
  });

  it("AL-5 keeps firing for `keep_firing_for`", () => {
    const rules = [rule({ keep_firing_for: "10s" })];
    expect(told(run(rules, [at(1, 11), at(2, 5), at(8, 11), at(9, 5)], 40))).toEqual([
      ...["firing 1", "inactive 19"],
    ]);
  });

  it("AL-6 hears nothing of what is older than the newest of its series", () => {
    const late = { atS: 3, events: [point(1 * SECOND, 50)] };
    expect(told(run([rule()], [at(2, 5), late]))).toEqual([]);
    const cleared = { atS: 3, events: [point(1 * SECOND, 5)] };
    expect(told(run([rule()], [at(2, 50), cleared]))).toEqual(["firing 2"]);
  });

  it("AL-3 has an alert for each series that has its labels", () => {
    const rules = [rule({ on: { metric: "m", labels: { venue: "x" } } })];
    const of = (labels: Record<string, string>) => ({
      atS: 1,
      events: [point(SECOND, 11, labels)],
    });
    expect(
      told(run(rules, [of({ venue: "y" }), of({ venue: "x", side: "buy" }), of({ venue: "x" })])),
    ).toEqual(['firing 1 m{side="buy",venue="x"}', 'firing 1 m{venue="x"}']);
  });

  it.each<[string, Labels, Labels]>([
    ["labels in two orders", { a: "1", b: "2" }, { b: "2", a: "1" }],
    ["no labels in two ways", {}, undefined],
  ])("AL-3, INV-9 hears one series in its order where a commit spells %s", (_, one, other) => {
    const events = [point(SECOND, 11, one), point(SECOND, 0, other), point(SECOND, 11, one)];
    const fromTexts = (frames: TapeEvent[][], rules: CompiledRule[]) => {
      const texts = frames.map((frame) => encodeFrame(frame).text);
      return new SymbolAlerts(SYMBOL, rules).observeCommit(texts, SECOND);
    };
    const frames = events.map((event) => [event]);
    for (const changes of [
      run([rule()], [{ atS: 1, events }]),
      fromTexts([events], [rule()]),
      fromTexts(frames, [rule()]),
    ]) {
      expect(changes.map(({ to, value }) => [to, value])).toEqual([
        ...[
          ["firing", 11],
          ["inactive", 0],
          ["firing", 11],
        ],
      ]);
    }
    // The 0 ends what was pending, which then begins anew.
    expect(fromTexts(frames, [rule({ for: "3s" })]).map(({ to }) => to)).toEqual([
      ...["pending", "inactive", "pending"],
    ]);
  });

  it("AL-7 keeps what it was without data, or takes it for ok, or for an alert", () => {
    const came = [at(1, 11)];
    expect(told(run([rule({ no_data: "keep" })], came, 900))).toEqual(["firing 1"]);
    const ok = rule({ no_data: "ok", no_data_after: "60s" });
    expect(told(run([ok], came, 900))).toEqual(["firing 1", "inactive 61"]);
    const alert = rule({ no_data: "alert", no_data_after: "60s", for: "5s" });
    expect(told(run([alert], [at(1, 5), at(100, 5)], 101))).toEqual([
      ...["pending 61", "firing 66", "inactive 100"],
    ]);
  });
});

describe("a rule on a change", () => {
  const change = (by: number, rest: object = {}) => ({ change: { by, over: "60s", ...rest } });

  it("AL-8 compares with what it was so long ago", () => {
    const rules = [rule({ condition: change(5) })];
    expect(told(run(rules, [at(0, 100), at(30, 104), at(50, 106), at(100, 107)]))).toEqual([
      ...["firing 50", "inactive 100"],
    ]);
    expect(told(run(rules, [at(0, 100), at(600, 94), at(630, 94), at(700, 94)]))).toEqual([
      ...["firing 600", "inactive 700"],
    ]);
  });

  it("AL-8 in per cent, and in one direction", () => {
    const percent = rule({ condition: change(5, { percent: true, direction: "down" }) });
    expect(told(run([percent], [at(0, 200), at(10, 220), at(20, 190), at(30, 191)]))).toEqual([
      ...["firing 20", "inactive 30"],
    ]);
  });
});

describe("a rule on a silence", () => {
  it("AL-9 stale needs that something came, absent does not", () => {
    const stale = rule({ condition: { stale: { after: "10s" } } });
    expect(told(run([stale], [], 60))).toEqual([]);
    expect(told(run([stale], [at(1, 0), at(5, 0), at(20, 0)], 60))).toEqual([
      ...["firing 15", "inactive 20", "firing 30"],
    ]);
    const absent = rule({ condition: { absent: { for: "10s" } } });
    expect(told(run([absent], [at(15, 0)], 20))).toEqual(
      ["firing 10 ", "inactive 15 "].map((one) => one.trim()),
    );
  });

  it("AL-9 of a kind of events", () => {
    const trades = rule({ on: { silence: "trade" }, condition: { stale: { after: "10s" } } });
    const trade: TapeEvent = { kind: "trade", ts: SECOND as EpochUs, price: 1, size: 1 };
    expect(told(run([trades], [at(0, 1), { atS: 1, events: [trade] }, at(9, 1)], 60))).toEqual([
      "firing 11",
    ]);
  });
});

describe("a rule on a price", () => {
  it("AL-3 reads trades, and the best prices of the book", () => {
    const on = (price: "last" | "mid" | "spread", above: number) =>
      rule({ name: price, on: { price }, condition: { above } });
    const trade = (price: number): TapeEvent => ({
      kind: "trade",
      ts: 1 as EpochUs,
      price,
      size: 1,
    });
    const book = (bid: number, ask: number): TapeEvent => ({
      ...{ kind: "book", ts: 1 as EpochUs, type: "snapshot", bids: [[bid, 1]], asks: [[ask, 1]] },
    });
    const changes = run(
      [on("last", 10), on("mid", 10), on("spread", 3)],
      [
        { atS: 1, events: [trade(11), book(9, 10)] },
        { atS: 2, events: [book(10, 11)] },
        { atS: 3, events: [book(8, 12)] },
      ],
    );
    expect(changes.map(({ rule: name, to, value }) => [name, to, value])).toEqual([
      ...[
        ["last", "firing", 11],
        ["mid", "firing", 10.5],
        ["mid", "inactive", 10],
        ["spread", "firing", 4],
      ],
    ]);
  });
});

describe("whatever comes", () => {
  const anyRule = fc
    .record({
      for: fc.constantFrom(undefined, "2s", "5s"),
      keep: fc.constantFrom(undefined, "3s"),
      noData: fc.constantFrom("keep" as const, "ok" as const, "alert" as const),
      condition: fc.constantFrom(
        { above: 5 },
        { below: 3 },
        { change: { by: 4, over: "6s" } },
        { change: { by: 4, over: "60s" } },
        { stale: { after: "4s" } },
        { absent: { for: "4s" } },
      ),
    })
    .map(({ for: wait, keep, noData, condition }) => {
      const isSilent = "stale" in condition || "absent" in condition;
      return rule({
        condition,
        ...(wait !== undefined && { for: wait }),
        ...(keep !== undefined && { keep_firing_for: keep }),
        ...(!isSilent && { no_data: noData, no_data_after: "3s" }),
      });
    });
  /** Two series, each spelled in two ways. */
  const anyLabels = fc.constantFrom<Labels>(
    ...[{ a: "1", b: "2" }, { b: "2", a: "1" }, {}, undefined],
  );
  const anyCame = fc.array(
    fc.record({
      afterS: fc.nat(4),
      lateS: fc.nat(2),
      value: fc.nat(9),
      labels: anyLabels,
    }),
    { maxLength: 25 },
  );
  const asked = fc.record({ rule: anyRule, came: anyCame, cuts: fc.array(fc.nat(25)) });

  function eventsOf(came: { afterS: number; lateS: number; value: number; labels: Labels }[]) {
    let atS = 0;
    return came.map(({ afterS, lateS, value, labels }) => {
      atS += afterS;
      return { atS, event: point((atS - lateS) * SECOND, value, labels) };
    });
  }

  it("AL-6 the same events in any commits and frames, and time in any steps, tell the same changes", () => {
    fc.assert(
      fc.property(asked, fc.array(fc.nat(100)), ({ rule: one, came, cuts }, ticks) => {
        const all = eventsOf(came);
        const known = { events: [], book: null };
        const oneByOne = new SymbolAlerts(SYMBOL, [one]);
        const single = oneByOne.begin([one], known, 0);
        for (const { atS, event } of all) single.push(...oneByOne.observe([event], atS * SECOND));
        single.push(...oneByOne.advance(200 * SECOND));
        // Those that came in one moment may be one commit of some frames, and time may be looked at whenever.
        const alerts = new SymbolAlerts(SYMBOL, [one]);
        const changes = alerts.begin([one], known, 0);
        const left = [...ticks].sort((a, b) => a - b);
        let commit: { atS: number; frames: TapeEvent[][] } | null = null;
        const flush = () => {
          if (commit === null) return;
          // As a host reads them: out of the text of their frame.
          const frames = commit.frames.map((events) => encodeFrame(events).text);
          changes.push(...alerts.observeCommit(frames, commit.atS * SECOND));
          commit = null;
        };
        for (const [place, { atS, event }] of all.entries()) {
          if (commit !== null && (commit.atS !== atS || cuts.includes(place))) flush();
          while ((left[0] ?? Number.POSITIVE_INFINITY) <= atS && commit === null) {
            changes.push(...alerts.advance((left.shift() ?? 0) * SECOND));
          }
          commit ??= { atS, frames: [] };
          if (commit.frames.length === 0 || place % 3 === 0) commit.frames.push([]);
          commit.frames.at(-1)?.push(event);
        }
        flush();
        changes.push(...alerts.advance(200 * SECOND));
        expect(toldOf(changes)).toEqual(toldOf(single));
        expect(JSON.parse(JSON.stringify(alerts))).toEqual(JSON.parse(JSON.stringify(oneByOne)));
      }),
    );
  });

  it("AL-4 a commit of 20,000 events over 1,000 rules, all of which flip with each, is soon looked at", () => {
    const flipping = Array.from({ length: 1_000 }, (_, nth) =>
      rule({
        name: `r${nth}`,
        condition:
          nth % 2 === 0 ? { above: nth % 7 } : { change: { by: 1 + (nth % 5), over: "60s" } },
        ...(nth % 3 === 0 && { for: "5s" }),
      }),
    );
    const alerts = new SymbolAlerts(SYMBOL, flipping);
    const events = Array.from({ length: 20_000 }, (_, at) => point(SECOND, at % 2 === 0 ? 9 : -9));
    const before = process.cpuUsage();
    const changes = alerts.observe(events, SECOND);
    // One by one they took half a minute of a quiet machine.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(8);
    expect(changes.length).toBeLessThanOrEqual(4 * flipping.length);
    expect(alerts.evaluations).toBe(20_000_000);
  });

  it("AL-4 a change goes on from the one before, and time does not go back", () => {
    fc.assert(
      fc.property(asked, ({ rule: one, came }) => {
        const changes = run(
          [one],
          eventsOf(came).map(({ atS, event }) => ({ atS, events: [event] })),
          200,
        );
        const last = new Map<string, AlertChange>();
        for (const change of changes) {
          const before = last.get(change.series ?? "");
          expect(change.from).toBe(before?.to ?? "inactive");
          expect(change.to).not.toBe(change.from);
          if (before !== undefined) expect(change.atUs).toBeGreaterThanOrEqual(before.atUs);
          last.set(change.series ?? "", change);
        }
      }),
    );
  });

  it("AL-10 who ends anywhere goes on from what was written down and the log", () => {
    fc.assert(
      fc.property(asked, fc.nat(25), fc.nat(25), ({ rule: one, came }, first, second) => {
        const all = eventsOf(came).map(({ atS, event }) => ({ atS, events: [event] }));
        const whole = run([one], all, 200);
        const [saveAt, dieAt] = [Math.min(first, second), Math.max(first, second)];
        const alerts = new SymbolAlerts(SYMBOL, [one]);
        const log: { atS: number; events: TapeEvent[] }[] = [];
        const changes = alerts.begin([one], { events: [], book: null }, 0);
        const take = (of: SymbolAlerts, { atS, events }: Came) => {
          const news = of.observe(events, atS * SECOND);
          changes.push(...news);
          log.push({ atS, events: [...events, ...news.map((each) => alertEventOf(each, "info"))] });
        };
        for (const each of all.slice(0, saveAt)) take(alerts, each);
        const saved = JSON.parse(JSON.stringify(alerts)) as SavedAlerts;
        const from = log.length;
        for (const each of all.slice(saveAt, dieAt)) take(alerts, each);
        const again = new SymbolAlerts(SYMBOL, [one], saved);
        const unsaid = new Map<string, AlertChange[]>();
        for (const { atS, events } of log.slice(from)) again.follow(events, atS * SECOND, unsaid);
        expect([...unsaid.values()].flat()).toEqual([]);
        for (const each of all.slice(dieAt)) take(again, each);
        changes.push(...again.advance(200 * SECOND));
        expect(changes).toEqual(whole);
      }),
    );
  });

  it("AL-10 says late what a log without a word of alerts should have said", () => {
    const one = rule();
    const alerts = new SymbolAlerts(SYMBOL, [one]);
    const unsaid = new Map<string, AlertChange[]>();
    alerts.follow([point(SECOND, 11)], SECOND, unsaid);
    expect(told([...unsaid.values()].flat())).toEqual(["firing 1"]);
  });
});
