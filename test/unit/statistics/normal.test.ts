import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  cornishFisherHolds,
  cornishFisherQuantile,
} from "../../../src/core/statistics/cornish-fisher.ts";
import { normalDensity, normalQuantile } from "../../../src/core/statistics/normal.ts";
import { expected } from "./published.ts";

describe("the normal distribution", () => {
  it.each(expected.normal_quantiles as [number, number][])("quantile of %d", (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(z)));
  });

  it("density", () => {
    // scipy.stats.norm.pdf of 0 and 1.5.
    expect(normalDensity(0)).toBeCloseTo(0.3989422804014327, 15);
    expect(normalDensity(1.5)).toBeCloseTo(0.12951759566589174, 15);
  });
});

describe("the Cornish-Fisher expansion", () => {
  it("is the normal quantile without skewness and excess kurtosis", () => {
    const normal = { skewness: 0, excessKurtosis: 0 };
    expect(cornishFisherQuantile(0.01, normal)).toBe(normalQuantile(0.01));
    expect(cornishFisherHolds(normal)).toBe(true);
  });

  it.each([
    [0, 8, true],
    [0, 8.001, false],
    [0, -0.001, false],
    [0.5, 0.3, false],
    [0.5, 1, true],
    [-0.5, 1, true],
    // The most skewness that any kurtosis allows is 6 (sqrt 2 - 1) = 2.4853.
    [2.48, 11.52, true],
    [2.49, 11.52, false],
  ])("skewness %d and excess kurtosis %d: %s", (skewness, excessKurtosis, holds) => {
    expect(cornishFisherHolds({ skewness, excessKurtosis })).toBe(holds);
  });

  test("inside its domain quantiles are in order", () => {
    const shape = fc.record({
      skewness: fc.double({ min: -2.5, max: 2.5, noNaN: true }),
      excessKurtosis: fc.double({ min: -1, max: 15, noNaN: true }),
    });
    const ps = Array.from({ length: 999 }, (_, at) => (at + 1) / 1_000);
    fc.assert(
      fc.property(shape, (given) => {
        fc.pre(cornishFisherHolds(given));
        const quantiles = ps.map((p) => cornishFisherQuantile(p, given));
        const falls = quantiles.filter((one, at) => one < (quantiles[at - 1] ?? one) - 1e-12);
        expect(falls).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
