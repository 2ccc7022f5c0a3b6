import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { attributeToBenchmark } from "../../../src/core/attribution/benchmark.ts";
import {
  type BenchmarkPart,
  brinsonFachler,
  type HeldPart,
} from "../../../src/core/attribution/brinson-fachler.ts";
import { type SymbolShare, totalOf } from "../../../src/core/attribution/portfolio-pnl.ts";
import {
  benchmarkPushSchema,
  brinsonFachlerSchema,
} from "../../../src/protocol/answers/attribution.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

const held = (segment: string, capital: number, gain: number): HeldPart => ({
  ...{ segment, capital, gain },
});
const part = (segment: string, weight: number, rate: number): BenchmarkPart => ({
  ...{ segment, weight, return: rate },
});

describe("Brinson and Fachler's effects", () => {
  it("of the textbook's three markets", () => {
    // The worked example of Bacon, Practical Portfolio Performance Measurement and Attribution, chapter 5.
    const answer = brinsonFachler(
      [held("UK", 40, 8), held("Japan", 30, -1.5), held("US", 30, 1.8)],
      [part("UK", 0.4, 0.1), part("Japan", 0.2, -0.04), part("US", 0.4, 0.08)],
    );
    const near = (value: number) => expect.closeTo(value, 14);
    expect(answer).toMatchObject({
      ...{ portfolio_return: near(0.083), benchmark_return: near(0.064) },
      ...{ excess_return: near(0.019), allocation: near(-0.012) },
      ...{ selection: near(0.03), interaction: near(0.001) },
      segments: [
        { allocation: near(0), selection: near(0.04), interaction: near(0) },
        { allocation: near(-0.0104), selection: near(-0.002), interaction: near(-0.001) },
        { allocation: near(-0.0016), selection: near(-0.008), interaction: near(0.002) },
      ],
    });
  });

  it("leave allocation alone where one side lacks the segment, and select where it is listed with no weight", () => {
    const ours = [held("a", 50, 5), held("b", 50, 10)];
    const answer = brinsonFachler(ours, [part("a", 0.5, 0.1), part("c", 0.5, 0)]);
    expect(answer).toMatchObject({
      segments: [
        { segment: "a", selection: 0 },
        { segment: "b", benchmark_return: null, allocation: 0.5 * (0.2 - 0.05), selection: 0 },
        { segment: "c", portfolio_return: null, allocation: -0.5 * (0 - 0.05), selection: 0 },
      ],
    });
    const listed = brinsonFachler(ours, [part("a", 1, 0.1), part("b", 0, 0.1), part("b", 0, 0.3)]);
    expect(listed).toMatchObject({
      segments: [{}, { benchmark_return: 0.2, allocation: 0.5 * (0.2 - 0.1), interaction: 0 }],
    });
  });

  test("add up to the difference of the returns, and are numbers", () => {
    const segment = fc.constantFrom("a", "b", "c", "d");
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    // Without capital there is no answer.
    const capital = fc.oneof(
      { weight: 8, arbitrary: fc.double({ min: 1, max: 1e9, noNaN: true }) },
      number,
    );
    const ours = fc.array(fc.tuple(segment, capital, number), { minLength: 1, maxLength: 8 });
    const theirs = fc.array(
      fc.tuple(
        segment,
        fc.integer({ min: 0, max: 100 }),
        fc.double({ min: -1, max: 9, noNaN: true }),
      ),
      { minLength: 1, maxLength: 8 },
    );
    let answered = 0;
    fc.assert(
      fc.property(ours, theirs, (portfolio, benchmark) => {
        const weight = benchmark.reduce((sum, [, one]) => sum + one, 0);
        fc.pre(weight > 0);
        const answer = brinsonFachlerSchema.parse(
          brinsonFachler(
            portfolio.map((one) => held(...one)),
            benchmark.map(([name, one, rate]) => part(name, one / weight, rate)),
          ),
        );
        if (answer.kind !== "ok") return;
        answered += 1;
        const sum = answer.allocation + answer.selection + answer.interaction;
        const size = answer.segments.reduce(
          (most, { portfolio_weight: w, portfolio_return: r }) =>
            Math.max(most, Math.abs(w * (r ?? 0)), Math.abs(w), Math.abs(r ?? 0)),
          1,
        );
        expect(Math.abs(sum - answer.excess_return)).toBeLessThanOrEqual(size * 1e-12);
      }),
    );
    expect(answered).toBeGreaterThan(30);
  });

  it("need capital", () => {
    const whole = [part("a", 1, 0.1)];
    const none = (...segments: string[]) => ({ kind: "no_capital", segments });
    expect(brinsonFachler([], whole)).toEqual(none());
    expect(brinsonFachler([held("a", -5, 1)], whole)).toEqual(none());
    expect(brinsonFachler([held("a", 0.3, 1), held("b", -0.1 - 0.2, 1)], whole)).toEqual(none());
    const neutral = [held("a", 0.3, 1), held("a", -0.1 - 0.2, 1), held("b", 5, 1)];
    expect(brinsonFachler(neutral, whole)).toEqual(none("a"));
    const idle = brinsonFachler([held("a", 0, 0), held("b", 5, 1)], whole);
    expect(idle).toMatchObject({ kind: "ok", segments: [{ portfolio_return: null }, {}] });
    expect(brinsonFachler([held("a", 1e-300, 1e300)], whole)).toEqual({ kind: "overflow" });
  });
});

describe("a benchmark of symbols", () => {
  const span = { fromUs: 0 as EpochUs, toUs: 20 as EpochUs, bucketUs: 10 };
  const closes = (...values: number[]) => ({
    ts: values.map((_, at) => ((at - 1) * 10) as EpochUs),
    values,
  });
  const closesOf = new Map([
    ["A" as SymbolName, closes(10, 11, 12)],
    ["Z" as SymbolName, closes(0, 1)],
    ["NEW" as SymbolName, { ts: [10 as EpochUs], values: [5] }],
  ]);
  const valuation = { quantity: 1, price: null, cents: 1_000n };
  const result = {
    ...{ kind: "priced" as const, start: valuation, end: valuation },
    ...{ netFlowCents: 0n, pnlCents: 200n, capitalCents: 1_000 },
    trades: { fromAvgPrice: 0, atClose: 0 },
  };
  const shares = [{ symbol: "A" as SymbolName, result, fees: null }];
  const against = (...symbols: string[]) =>
    attributeToBenchmark(
      { shares, total: totalOf(shares) },
      benchmarkPushSchema.parse({
        benchmark: symbols.map((symbol, at) => ({ symbol, weight: at === 0 ? 1 : 0 })),
      }),
      closesOf,
      span,
    );

  it("has the returns of their closes, a symbol being a segment of its own", () => {
    expect(against("A")).toMatchObject({
      kind: "ok",
      excess_return: 0,
      segments: [{ segment: "A" }],
    });
  });

  it("names those without a first price, or one that is not above zero", () => {
    expect(against("A", "NEW", "NONE")).toEqual({ kind: "no_price", symbols: ["NEW", "NONE"] });
    expect(against("A", "Z")).toEqual({ kind: "not_positive", symbols: ["Z"] });
  });

  it("has nothing to be compared with where the portfolio has no figures", () => {
    const missing: SymbolShare[] = [
      { symbol: "A" as SymbolName, result: { kind: "no_position" }, fees: null },
    ];
    const push = benchmarkPushSchema.parse({ benchmark: [{ symbol: "A", weight: 1 }] });
    const given = { shares: missing, total: totalOf(missing) };
    expect(attributeToBenchmark(given, push, closesOf, span)).toEqual({ kind: "no_position" });
  });
});
