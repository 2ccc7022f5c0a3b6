import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { decimalOf } from "../../../src/core/attribution/decimal.ts";
import {
  reportedValue,
  type SymbolShare,
  symbolAnswer,
  totalAnswer,
  totalOf,
} from "../../../src/core/attribution/portfolio-pnl.ts";
import type { AccountSteps, PositionStep } from "../../../src/core/attribution/symbol-pnl.ts";
import type { BucketValues } from "../../../src/core/statistics/bucket-values.ts";
import {
  reportedValueSchema,
  symbolPnlSchema,
  totalPnlSchema,
} from "../../../src/protocol/answers/attribution.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { pnlOfSteps } from "./book.ts";

const LAST = 20;
/** Buckets of ten microseconds. */
const spanOf = (from: number, to: number) => ({
  fromUs: (from * 10) as EpochUs,
  toUs: (to * 10) as EpochUs,
  bucketUs: 10,
});
const step = (ts: number, quantity: number, avgPrice: number | null = null): PositionStep => ({
  ts: ts as EpochUs,
  quantity,
  avgPrice,
});
const closesOf = (...pairs: [bucket: number, price: number][]): BucketValues => ({
  ts: pairs.map(([bucket]) => (bucket * 10) as EpochUs),
  values: pairs.map(([, price]) => price),
});

/** What the database gives of a longer history: the step in force at the beginning, and those in the span. */
function inSpan(steps: AccountSteps, { fromUs, toUs }: { fromUs: EpochUs; toUs: EpochUs }) {
  const opening = steps.findLast(({ ts }) => ts <= fromUs);
  return [...(opening ? [opening] : []), ...steps.filter(({ ts }) => ts > fromUs && ts <= toUs)];
}

const money = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const anyNumber = fc.oneof(
  money,
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.double({ min: -1e100, max: 1e100, noNaN: true }),
);
const sensible = fc.oneof(fc.integer({ min: -1_000, max: 1_000 }), money);

/** Some accounts of a symbol and its closes, one of them before all spans where it is `priced`. */
function history(numbers: fc.Arbitrary<number>, priced: boolean) {
  const steps = fc
    .uniqueArray(
      fc.tuple(fc.integer({ min: -5, max: LAST * 10 }), numbers, fc.option(numbers, { freq: 3 })),
      { selector: ([ts]) => ts, maxLength: 12 },
    )
    .map((all) => all.sort(([a], [b]) => a - b).map((one) => step(...one)));
  const closes = fc
    .uniqueArray(fc.tuple(fc.integer({ min: -2, max: LAST - 1 }), numbers), {
      selector: ([bucket]) => bucket,
      maxLength: 12,
    })
    .map((all) => all.sort(([a], [b]) => a - b));
  const first = priced
    ? numbers.map((price) => [[-3, price]] as [number, number][])
    : fc.constant([]);
  const line = fc.tuple(first, closes).map(([early, late]) => closesOf(...early, ...late));
  return fc.record({ accounts: fc.array(steps, { maxLength: 3 }), closes: line });
}

describe("profit and loss of a symbol", () => {
  it("of what is only held is the change of its value", () => {
    const closes = closesOf([-1, 10], [0, 11], [1, 12.345]);
    expect(pnlOfSteps([[step(0, 3, 5)]], closes, spanOf(0, 2))).toEqual({
      kind: "priced",
      start: { quantity: 3, price: { ts: -10, price: 10 }, cents: 3_000n },
      end: { quantity: 3, price: { ts: 10, price: 12.345 }, cents: 3_704n },
      ...{ netFlowCents: 0n, pnlCents: 704n, capitalCents: 3_000 },
      trades: { fromAvgPrice: 0, atClose: 0 },
    });
  });

  it("takes a sale at the close of its bucket, a border still belonging to the bucket before it", () => {
    const closes = closesOf([-1, 10], [0, 11], [1, 20]);
    for (const [ts, flow] of [
      [1, -3_300n],
      [10, -3_300n],
      [11, -6_000n],
    ] as const) {
      const result = pnlOfSteps([[step(0, 3, 5), step(ts, 0)]], closes, spanOf(0, 2));
      expect(result).toMatchObject({ netFlowCents: flow, trades: { fromAvgPrice: 0, atClose: 1 } });
    }
  });

  it("weighs what comes and goes by the time that is left", () => {
    const closes = closesOf([-1, 10]);
    const steps = [step(0, 4, 10), step(5, 8, 10), step(15, 0)];
    const result = pnlOfSteps([steps], closes, spanOf(0, 2));
    // 40.00 all the time, 40.00 more for three quarters of it, 80.00 less for one.
    expect(result).toMatchObject({ capitalCents: 4_000 + 3_000 - 2_000 });
  });

  it("says where it has no price, and only where it needs one", () => {
    const late = closesOf([1, 10]);
    const from = (steps: AccountSteps, closes = late) => pnlOfSteps([steps], closes, spanOf(0, 2));
    expect(from([step(0, 3, 5)])).toEqual({ kind: "no_price", ts: 0 });
    expect(from([step(5, 3)])).toEqual({ kind: "no_price", ts: 10 });
    expect(from([step(5, 3, 9)])).toMatchObject({ kind: "priced", pnlCents: 300n });
    expect(from([step(5, 3, 9)], closesOf())).toEqual({ kind: "no_price", ts: 20 });
    expect(from([step(-3, 0), step(1, 0, 7)], closesOf())).toMatchObject({ pnlCents: 0n });
    expect(from([])).toEqual({ kind: "no_position" });
    expect(pnlOfSteps([], late, spanOf(0, 2))).toEqual({ kind: "no_position" });
  });

  test("adds up over spans that follow each other, and over accounts", () => {
    fc.assert(
      fc.property(
        history(sensible, true),
        fc.integer({ min: 1, max: LAST - 1 }),
        (given, middle) => {
          const pnl = (accounts: AccountSteps[], from: number, to: number) => {
            const span = spanOf(from, to);
            return pnlOfSteps(
              accounts.map((steps) => inSpan(steps, span)),
              given.closes,
              span,
            );
          };
          const whole = pnl(given.accounts, 0, LAST);
          const parts = [pnl(given.accounts, 0, middle), pnl(given.accounts, middle, LAST)];
          const accounts = given.accounts.map((steps) => pnl([steps], 0, LAST));
          for (const some of [parts, accounts]) {
            const priced = some.flatMap((one) => (one.kind === "priced" ? [one] : []));
            const isWhole = some.every(({ kind }) => kind === "priced" || kind === "no_position");
            if (whole.kind !== "priced" || !isWhole) continue;
            const sum = (key: "pnlCents" | "netFlowCents") =>
              priced.reduce((cents, one) => cents + one[key], 0n);
            expect(sum("pnlCents")).toBe(whole.pnlCents);
            expect(sum("netFlowCents")).toBe(whole.netFlowCents);
          }
        },
      ),
    );
  });
});

describe("a portfolio", () => {
  const shares = (numbers: fc.Arbitrary<number>, priced: boolean) =>
    fc
      .array(fc.tuple(history(numbers, priced), fc.option(numbers)), { minLength: 1, maxLength: 6 })
      .map((all) =>
        all.map(([{ accounts, closes }, fees], at): SymbolShare => {
          const span = spanOf(0, LAST);
          const steps = accounts.map((one) => inSpan(one, span));
          const paid = fees === null ? null : decimalOf(fees);
          const result = pnlOfSteps(steps, closes, span);
          return { symbol: `S${at}` as SymbolName, result, fees: paid };
        }),
      );
  const cents = (amount: number) => Math.round(amount * 100);

  test("adds up to the cent: by symbol, in all, and against the reported value", () => {
    const points = fc.tuple(money, money);
    let held = 0;
    fc.assert(
      fc.property(shares(sensible, true), points, (given, [first, last]) => {
        const by = given.map(symbolAnswer);
        const total = totalOf(given);
        const answer = totalAnswer(total);
        if (answer.kind === "no_position") return;
        if (answer.kind !== "ok") throw new Error(answer.kind);
        held += 1;
        let [start, end, flow, pnl, fees] = [0, 0, 0, 0, 0];
        for (const one of by) {
          fees += cents(one.fees ?? 0);
          if (one.pnl.kind !== "ok") continue;
          const p = one.pnl;
          expect(cents(p.end.value) - cents(p.start.value)).toBe(cents(p.pnl) + cents(p.net_flow));
          start += cents(p.start.value);
          end += cents(p.end.value);
          flow += cents(p.net_flow);
          pnl += cents(p.pnl);
        }
        expect([start, end, flow, pnl, fees]).toEqual(
          [answer.start_value, answer.end_value, answer.net_flow, answer.pnl, answer.fees ?? 0].map(
            cents,
          ),
        );
        expect(cents(answer.change)).toBe(pnl + flow);
        const reported = reportedValue(
          total,
          { ts: 0 as EpochUs, value: first },
          { ts: 1 as EpochUs, value: last },
        );
        if (reported.kind !== "ok") throw new Error(reported.kind);
        expect(cents(reported.change)).toBe(pnl - fees + cents(reported.residual));
      }),
    );
    expect(held).toBeGreaterThan(20);
  });

  test("never answers what is no number, whatever was pushed", () => {
    fc.assert(
      fc.property(shares(anyNumber, false), anyNumber, (given, value) => {
        for (const share of given) symbolPnlSchema.parse(symbolAnswer(share).pnl);
        const total = totalOf(given);
        totalPnlSchema.parse(totalAnswer(total));
        const point = { ts: 0 as EpochUs, value };
        reportedValueSchema.parse(reportedValue(total, point, { ...point, ts: 1 as EpochUs }));
      }),
    );
  });

  const share = (symbol: string, result: SymbolShare["result"], fees: number | null = null) => ({
    symbol: symbol as SymbolName,
    ...{ result, fees: fees === null ? null : decimalOf(fees) },
  });
  const gain = pnlOfSteps([[step(0, 3)]], closesOf([-1, 10], [0, 11]), spanOf(0, 1));

  it("has no sum where a symbol has no figures, and names it", () => {
    const noPrice = { kind: "no_price", ts: 0 as EpochUs } as const;
    const total = totalOf([share("A", gain), share("B", noPrice)]);
    expect(totalAnswer(total)).toEqual({ kind: "incomplete", symbols: ["B"] });
    const point = { ts: 0 as EpochUs, value: 1 };
    expect(reportedValue(total, point, { ...point, ts: 1 as EpochUs })).toEqual({
      kind: "incomplete",
    });
    const huge = pnlOfSteps([[step(0, 1e30)]], closesOf([-1, 10]), spanOf(0, 1));
    expect(totalAnswer(totalOf([share("C", huge)]))).toMatchObject({ symbols: ["C"] });
    expect(symbolAnswer(share("A", gain, 1e90))).toMatchObject({ pnl: { kind: "too_large" } });
  });

  it("without any position says so", () => {
    const none = { kind: "no_position" } as const;
    expect(totalAnswer(totalOf([share("A", none, 1)]))).toEqual(none);
    expect(totalAnswer(totalOf([share("A", none), share("B", gain, 0.1 + 0.2)]))).toMatchObject({
      ...{ kind: "ok", pnl: 3, fees: 0.3 },
    });
  });

  it("has a residual only where the reported value moved in the range", () => {
    const total = totalOf([share("A", gain)]);
    const at = (ts: number) => ({ ts: ts as EpochUs, value: 1 });
    const little = (missing: "start" | "end") => ({ kind: "too_little_data", missing });
    expect(reportedValue(total, undefined, at(1))).toEqual(little("start"));
    expect(reportedValue(total, at(0), undefined)).toEqual(little("end"));
    expect(reportedValue(total, at(0), at(0))).toEqual(little("end"));
    expect(reportedValue(total, at(0), at(1))).toMatchObject({ change: 0, residual: -3 });
  });
});
