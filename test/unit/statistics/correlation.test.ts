import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { BucketValues } from "../../../src/core/statistics/bucket-values.ts";
import { correlatePairs, pearson } from "../../../src/core/statistics/correlation.ts";
import { midRanks } from "../../../src/core/statistics/ranks.ts";
import { correlationSchema } from "../../../src/protocol/answers/analytics.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { expected, monthlyPrices } from "./published.ts";

const buckets = (values: Record<number, number>): BucketValues => ({
  ts: Object.keys(values).map((ts) => Number(ts) as EpochUs),
  values: Object.values(values),
});
const filled = (...values: number[]) => buckets({ ...values });
const correlationOf = (a: BucketValues, b: BucketValues) => correlatePairs([a, b])[0]?.correlation;

describe("on published prices", () => {
  const symbols = ["MSFT", "AMZN", "IBM", "GOOG", "AAPL"];
  const pairs = correlatePairs(symbols.map(monthlyPrices));

  it.each(expected.correlations.map((one, at) => ({ ...one, at })))("$a and $b", (wanted) => {
    const { a, b, correlation } = pairs[wanted.at] ?? expect.fail("no such pair");
    expect([symbols[a], symbols[b]]).toEqual([wanted.a, wanted.b]);
    expect(correlation).toEqual({
      kind: "ok",
      observations: wanted.observations,
      pearson: expect.closeTo(wanted.pearson, 12),
      spearman: expect.closeTo(wanted.spearman, 12),
    });
  });

  it("every pair comes once", () => {
    expect(pairs).toHaveLength(expected.correlations.length);
  });
});

describe("aligned buckets", () => {
  it("a return goes from one common bucket to the next, whatever lies between", () => {
    const a = buckets({ 1: 10, 2: 999, 3: 11, 5: 9, 6: 12, 9: 12.5 });
    const b = buckets({ 0: 7, 1: 20, 3: 22, 4: 0, 5: 17, 6: 25, 7: 1, 9: 24 });
    expect(correlationOf(a, b)).toEqual(
      correlationOf(filled(10, 11, 9, 12, 12.5), filled(20, 22, 17, 25, 24)),
    );
  });

  it("a pair has what it has, whatever other symbols lack", () => {
    const whole = [monthlyPrices("MSFT"), monthlyPrices("AAPL")] as const;
    const [first] = correlatePairs([...whole, monthlyPrices("GOOG")]);
    expect(first?.correlation).toEqual(correlationOf(...whole));
  });
});

describe("where there is no correlation, the answer says why", () => {
  it.each([
    ["nothing", buckets({}), 0],
    ["one common bucket", buckets({ 1: 5, 10: 5 }), 0],
    ["two returns", buckets({ 1: 5, 2: 6, 3: 8 }), 2],
  ])("%s", (_, b, observations) => {
    const a = buckets({ 1: 1, 2: 3, 3: 2, 4: 4 });
    const correlation = correlationOf(a, b);
    expect(correlation).toEqual({ kind: "too_little_data", observations, needed: 3 });
  });

  it("prices that do not move, or always by the same factor, are constant", () => {
    const moving = filled(1, 3, 2, 4, 3);
    const still = filled(0.1, 0.1, 0.1, 0.1, 0.1);
    const growing = filled(1, 1.1, 1.1 ** 2, 1.1 ** 3, 1.1 ** 4);
    const constant = (...sides: string[]) => ({
      ...{ kind: "constant", observations: 4, constant: sides },
    });
    expect(correlationOf(moving, still)).toEqual(constant("b"));
    expect(correlationOf(still, moving)).toEqual(constant("a"));
    expect(correlationOf(growing, still)).toEqual(constant("a", "b"));
  });

  it("a close of zero or below is told with the first moment of one", () => {
    const good = filled(1, 3, 2, 4, 3);
    const correlation = correlationOf(filled(1, 2, 3, -1, 0), good);
    expect(correlation).toEqual({
      ...{ kind: "not_positive", observations: 4, not_positive: ["a"], ts: 3 },
    });
    expect(correlationOf(filled(1, 2, 3, 4, 0), filled(1, 0, 1, 1, 1))).toMatchObject({
      ...{ not_positive: ["a", "b"], ts: 1 },
    });
    // In a bucket that the other one lacks it plays no part.
    expect(correlationOf({ ...filled(1, 2, 3, 5, 4, 0) }, good)?.kind).toBe("ok");
  });
});

describe("properties", () => {
  const price = fc.oneof(
    fc.double({ min: 0.01, max: 1e5, noNaN: true }),
    fc.integer({ min: -1, max: 4 }),
    fc.constantFrom(5e-324, 1e-100, 1e100),
  );
  const column = fc
    .array(fc.tuple(fc.nat({ max: 30 }), price), { maxLength: 30 })
    .map((rows) => buckets(Object.fromEntries(rows)));

  test("whatever the closes, every entry is one of the kinds, within its bounds", () => {
    fc.assert(
      fc.property(fc.array(column, { minLength: 2, maxLength: 4 }), (columns) => {
        const pairs = correlatePairs(columns);
        expect(pairs).toHaveLength((columns.length * (columns.length - 1)) / 2);
        for (const { correlation } of pairs) correlationSchema.parse(correlation);
      }),
    );
  });

  test("the order of the two does not matter, and each goes with itself by 1", () => {
    fc.assert(
      fc.property(column, column, (a, b) => {
        const there = correlationOf(a, b);
        const back = correlationOf(b, a);
        if (there?.kind === "ok") expect(back).toEqual(there);
        else expect(back?.kind).toBe(there?.kind);
        const own = correlationOf(a, a);
        if (own?.kind === "ok") {
          expect([own.pearson, own.spearman]).toEqual([
            expect.closeTo(1, 12),
            expect.closeTo(1, 12),
          ]);
        }
      }),
    );
  });

  const points = fc.uniqueArray(fc.tuple(fc.integer(), fc.integer()), {
    ...{ minLength: 3, maxLength: 40, selector: ([x]) => x },
  });

  test("ranks do not change under a growing map, and turn over under a falling one", () => {
    fc.assert(
      fc.property(points, (rows) => {
        const x = rows.map(([one]) => one);
        expect(midRanks(x.map((value) => 3 * value - 7))).toEqual(midRanks(x));
        expect(midRanks(x.map((value) => Math.atan(value / 1e9)))).toEqual(midRanks(x));
        const turned = midRanks(x).map((rank) => x.length + 1 - rank);
        expect(midRanks(x.map((value) => -value))).toEqual(turned);
      }),
    );
  });

  test("Pearson's does not change under a line that rises", () => {
    fc.assert(
      fc.property(points, (rows) => {
        const x = rows.map(([one]) => one);
        const y = rows.map(([, other]) => other);
        fc.pre(new Set(y).size > 1);
        const moved = y.map((value) => 2 * value + 100);
        expect(pearson(x, moved)).toBeCloseTo(pearson(x, y), 9);
      }),
    );
  });
});

test("ties share the mean of their places", () => {
  // scipy.stats.rankdata of the same values.
  expect(midRanks([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])).toEqual([
    4.5, 1.5, 6, 1.5, 8, 11, 3, 10, 8, 4.5, 8,
  ]);
  expect(midRanks([0, -0, -1])).toEqual([2.5, 2.5, 1]);
});
