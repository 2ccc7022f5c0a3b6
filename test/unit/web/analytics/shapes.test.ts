import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { correlatePairs } from "../../../../src/core/statistics/correlation.ts";
import { analyseRisk } from "../../../../src/core/statistics/risk.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import {
  barsOf,
  drawdownsOf,
  extentOf,
  histogramOf,
  pairedReturns,
  scatterOf,
} from "../../../../web/data/analytics/shapes.ts";

const valuesOf = (values: number[], everyUs = 1) => ({
  ts: values.map((_, at) => (at * everyUs) as EpochUs),
  values,
});

describe("shapes", () => {
  test("the returns of a scatter are as many as the server correlates", () => {
    const a = valuesOf([1, 2, 4, 2, 3]);
    // It lacks the third bucket.
    const b = {
      ts: [0, 1, 3, 4].map((us) => us as EpochUs),
      values: [10, 20, 10, 20],
    };
    const pairs = pairedReturns(a, b);
    const [server] = correlatePairs([a, b]);
    expect(pairs).toHaveLength(server?.correlation.observations ?? -1);
    expect(pairs.map((pair) => pair.map((value) => value.toFixed(4)))).toEqual([
      ["0.6931", "0.6931"],
      ["0.0000", "-0.6931"],
      ["0.4055", "0.6931"],
    ]);
  });

  test("a scatter has (0, 0) in its middle, up is up, and the farthest are at its edges", () => {
    expect(
      scatterOf([
        [0, 0],
        [2, -0.1],
        [-1, 0.2],
      ]),
    ).toEqual({
      reach: [2, 0.2],
      places: [
        [50, 50],
        [100, 75],
        [25, 0],
      ],
    });
    expect(scatterOf([[0, 0]])).toEqual({ reach: [0, 0], places: [[50, 50]] });
    expect(scatterOf([])).toEqual({ reach: [0, 0], places: [] });
  });

  test("the deepest drawdown of the chart is that of the server", () => {
    const anyLine = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), {
      minLength: 4,
      maxLength: 30,
    });
    fc.assert(
      fc.property(anyLine, (values) => {
        const risk = analyseRisk(valuesOf(values), { riskFree: 0, periodsPerYear: 252 });
        const fall = risk.kind === "ok" ? risk.max_drawdown : null;
        const depth = fall?.kind === "drawdown" ? fall.depth : 0;
        expect(Math.min(0, ...drawdownsOf(values))).toBe(depth);
      }),
    );
  });

  test("a histogram counts every value once, the greatest in the last bin", () => {
    expect(histogramOf([0, 0.1, 1, 1.9, 2], 2)).toEqual({ low: 0, high: 2, counts: [2, 3] });
    expect(histogramOf([3, 3], 2)).toEqual({ low: 3, high: 3, counts: [2, 0] });
  });

  test("of any values a histogram has them all, and none outside", () => {
    const anyValues = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(anyValues, fc.integer({ min: 1, max: 40 }), (values, bins) => {
        const { low, high, counts } = histogramOf(values, bins);
        expect(counts).toHaveLength(bins);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
        expect([low, high]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });

  test("bars lie on one axis", () => {
    expect(
      barsOf(
        [
          [0, 30],
          [0, -10],
        ],
        extentOf([0, 30, -10]),
      ),
    ).toEqual([
      { leftPercent: 25, widthPercent: 75 },
      { leftPercent: 0, widthPercent: 25 },
    ]);
    expect(barsOf([[100, 50]], { low: 0, high: 100 })).toEqual([
      { leftPercent: 50, widthPercent: 50 },
    ]);
    expect(barsOf([[0, 0]], { low: 0, high: 0 })).toEqual([{ leftPercent: 0, widthPercent: 0 }]);
  });

  test("of a bar that is longer than its axis, what lies on the axis is drawn", () => {
    const axis = { low: 100, high: 200 };
    expect(
      barsOf(
        [
          [0, 150],
          [-5, 50],
          [175, 900],
        ],
        axis,
      ),
    ).toEqual([
      { leftPercent: 0, widthPercent: 50 },
      { leftPercent: 0, widthPercent: 0 },
      { leftPercent: 75, widthPercent: 25 },
    ]);
  });
});
