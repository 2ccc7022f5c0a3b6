import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { BucketValues } from "../../../src/core/statistics/bucket-values.ts";
import { maxDrawdown } from "../../../src/core/statistics/drawdown.ts";
import { analyseRisk, type RiskTerms } from "../../../src/core/statistics/risk.ts";
import { type Risk, riskSchema } from "../../../src/protocol/answers/analytics.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { dailyCloses, dateOf, expected, monthlyPrices } from "./published.ts";

const line = (...values: number[]): BucketValues => ({
  ts: values.map((_, at) => at as EpochUs),
  values,
});
const YEAR: RiskTerms = { riskFree: 0, periodsPerYear: 252 };
type RiskFigures = Extract<Risk, { kind: "ok" }>;
function figuresOf(values: BucketValues, terms = YEAR): RiskFigures {
  const risk = analyseRisk(values, terms);
  return risk.kind === "ok" ? risk : expect.fail(`is ${risk.kind}`);
}

describe.each(Object.entries(expected.risks))("on the published prices of %s", (symbol, wanted) => {
  const values = symbol === "SPX" ? dailyCloses() : monthlyPrices(symbol);
  const terms = { riskFree: wanted.risk_free, periodsPerYear: wanted.periods_per_year };
  const risk = figuresOf(values, terms);
  const near = (value: number) => ({ value: expect.closeTo(value, 11) as number });

  it("returns, ratios and moments are what other programs find", () => {
    expect(risk).toMatchObject({
      observations: wanted.observations,
      total_return: near(wanted.total_return),
      annualised_return: near(wanted.annualised_return),
      volatility: near(wanted.volatility),
      sharpe: near(wanted.sharpe),
      sortino: near(wanted.sortino),
      calmar: near(wanted.calmar),
      skewness: near(wanted.skewness),
      excess_kurtosis: near(wanted.excess_kurtosis),
    });
    expect([risk.first, risk.last]).toEqual([values.ts[0], values.ts.at(-1)]);
  });

  it("the drawdown has their depth and dates", () => {
    const { kind, ...dated } = risk.max_drawdown;
    expect(kind).toBe("drawdown");
    const found = Object.entries(dated).map(([name, value]) => [
      name,
      name === "depth" || value === null ? value : dateOf(value),
    ]);
    expect(Object.fromEntries(found)).toEqual({
      ...wanted.max_drawdown,
      depth: expect.closeTo(wanted.max_drawdown.depth, 12),
    });
  });

  it("losses are what other programs find, and the expansion says whether it holds", () => {
    const holds = wanted.cornish_fisher_holds;
    const loss = (one: { value_at_risk: number; expected_shortfall: number }) => ({
      value_at_risk: near(one.value_at_risk),
      expected_shortfall: near(one.expected_shortfall),
    });
    expect(risk.tails).toEqual(
      wanted.value_at_risk.map(({ level, historical, gaussian, cornish_fisher }) => ({
        ...{ level, historical: loss(historical), gaussian: loss(gaussian) },
        cornish_fisher: { holds, ...loss(cornish_fisher) },
      })),
    );
  });
});

describe("where there is no figure, the answer says why", () => {
  it("too few values", () => {
    const needed = (observations: number) => ({
      ...{ kind: "too_little_data", observations, needed: 3 },
    });
    expect(analyseRisk(line(), YEAR)).toEqual(needed(0));
    expect(analyseRisk(line(5), YEAR)).toEqual(needed(0));
    expect(analyseRisk(line(5, 6, 7), YEAR)).toEqual(needed(2));
  });

  it("a value of zero or below, from which there is no return", () => {
    expect(analyseRisk(line(3, 2, 0, -1, 4), YEAR)).toEqual({
      ...{ kind: "not_positive", observations: 4, ts: 2 },
    });
  });

  it("a value that does not move", () => {
    const none = { value: null, reason: "zero_volatility" };
    const risk = figuresOf(line(7, 7, 7, 7));
    expect(risk).toMatchObject({
      ...{ total_return: { value: 0 }, annualised_return: { value: 0 }, volatility: { value: 0 } },
      ...{ sharpe: none, skewness: none, excess_kurtosis: none },
      sortino: { value: null, reason: "no_downside" },
      calmar: { value: null, reason: "no_drawdown" },
      max_drawdown: { kind: "none" },
    });
    for (const { historical, gaussian, cornish_fisher } of risk.tails) {
      expect([historical.value_at_risk.value, gaussian.expected_shortfall.value]).toEqual([0, 0]);
      expect(cornish_fisher).toEqual({
        ...{ holds: false, value_at_risk: none, expected_shortfall: none },
      });
    }
  });

  it("a value that only grows, always by the same factor, and just at the rate of the terms", () => {
    const growing = line(...Array.from({ length: 60 }, (_, at) => 1.01 ** at));
    expect(figuresOf(growing)).toMatchObject({
      ...{ volatility: { value: 0 }, sharpe: { value: null, reason: "zero_volatility" } },
      annualised_return: { value: expect.closeTo(1.01 ** 252 - 1, 9) },
    });
    const riskFree = 1.01 ** 12 - 1;
    expect(figuresOf(growing, { riskFree, periodsPerYear: 12 }).sortino).toEqual({
      ...{ value: null, reason: "no_downside" },
    });
    expect(figuresOf(line(1, 2, 2, 3)).calmar).toEqual({ value: null, reason: "no_drawdown" });
  });

  it("a figure beyond the doubles", () => {
    const none = { value: null, reason: "overflow" };
    const seconds = { riskFree: 0, periodsPerYear: 31_536_000 };
    expect(figuresOf(line(100, 101, 100, 102), seconds)).toMatchObject({
      ...{ annualised_return: none, calmar: none, total_return: { value: expect.closeTo(0.02) } },
    });
    expect(figuresOf(line(1e-100, 1e100, 1, 2))).toMatchObject({
      ...{ volatility: none, sharpe: none, skewness: none },
    });
    expect(figuresOf(line(5e-324, 1e100, 1e100, 1))).toMatchObject({
      ...{ volatility: none, sharpe: none, sortino: none },
    });
  });
});

describe("the maximum drawdown", () => {
  it.each([
    ["recovers at the height of its peak", [1, 4, 2, 3, 4, 9], [-0.5, 1, 2, 4]],
    ["begins at the first moment of its peak", [4, 4, 1, 5], [-0.75, 0, 2, 3]],
    ["of equal falls is the first", [4, 2, 4, 2, 3], [-0.5, 0, 1, 2]],
    ["may still go on", [2, 8, 6, 7], [-0.25, 1, 2, null]],
    ["need not be from the highest peak", [10, 1, 20, 15], [-0.9, 0, 1, 2]],
  ])("%s", (_, values, [depth, peak, trough, recovery]) => {
    expect(maxDrawdown(line(...(values as number[])))).toEqual({
      ...{ kind: "drawdown", depth, peak, trough, recovery },
    });
  });

  test("is the deepest of all falls between two moments", () => {
    const prices = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(prices, (values) => {
        const falls = values.flatMap((value, at) =>
          values.slice(0, at + 1).map((before) => (value - before) / before),
        );
        const found = maxDrawdown(line(...values));
        expect(found.kind === "none" ? 0 : found.depth).toBe(Math.min(...falls));
        if (found.kind === "none") return;
        expect(found.depth).toBeLessThan(0);
        const [peak, trough] = [values[found.peak], values[found.trough]] as [number, number];
        expect(trough / peak - 1).toBeCloseTo(found.depth, 12);
        if (found.recovery !== null) {
          expect(found.recovery).toBeGreaterThan(found.trough);
          expect(values[found.recovery]).toBeGreaterThanOrEqual(peak);
        }
      }),
    );
  });
});

describe("properties", () => {
  const price = fc.oneof(
    fc.double({ min: 0.5, max: 200, noNaN: true }),
    fc.integer({ min: 1, max: 3 }),
    fc.constantFrom(5e-324, 1e-100, 1e100, 0, -1),
  );
  const terms = fc.record({
    riskFree: fc.double({ min: -0.99, max: 1, noNaN: true }),
    periodsPerYear: fc.double({ min: 0.01, max: 31_536_000, noNaN: true }),
  });

  test("whatever the values and terms, every figure is a number or says why not", () => {
    fc.assert(
      fc.property(fc.array(price, { maxLength: 40 }), terms, (values, given) => {
        riskSchema.parse(analyseRisk(line(...values), given));
      }),
      { numRuns: 500 },
    );
  });

  test("a shortfall is no smaller than its value at risk, and a rarer loss than a commoner one", () => {
    const usual = fc.array(fc.double({ min: 50, max: 200, noNaN: true }), {
      ...{ minLength: 4, maxLength: 60 },
    });
    const slack = 1e-9;
    fc.assert(
      fc.property(usual, (values) => {
        const [common, rare] = figuresOf(line(...values)).tails;
        for (const method of ["historical", "gaussian", "cornish_fisher"] as const) {
          const [at95, at99] = [common?.[method], rare?.[method]];
          // Outside its domain the expansion promises nothing.
          if (at95 === undefined || at99 === undefined || ("holds" in at95 && !at95.holds))
            continue;
          for (const { value_at_risk, expected_shortfall } of [at95, at99]) {
            const least = (value_at_risk.value ?? 0) - slack;
            expect(expected_shortfall.value).toBeGreaterThanOrEqual(least);
          }
          const least = (at95.value_at_risk.value ?? 0) - slack;
          expect(at99.value_at_risk.value).toBeGreaterThanOrEqual(least);
        }
      }),
    );
  });

  test("the unit of the values does not matter", () => {
    const usual = fc.array(fc.integer({ min: 50, max: 200 }), { minLength: 4, maxLength: 30 });
    fc.assert(
      fc.property(usual, (values) => {
        const doubled = values.map((value) => value * 1024);
        expect(analyseRisk(line(...doubled), YEAR)).toEqual(analyseRisk(line(...values), YEAR));
      }),
    );
  });
});
