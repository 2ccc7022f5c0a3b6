import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { correlatePairs } from "../../../src/core/statistics/correlation.ts";
import { analyseRisk } from "../../../src/core/statistics/risk.ts";
import type { AttributionAnswer } from "../../../src/protocol/answers/attribution.ts";
import { INTERVALS } from "../../../src/protocol/words/interval.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import {
  type AnalyticsState,
  analyticsOf,
  pathOfAnalytics,
  REACHES,
  usualSymbols,
} from "../../../web/data/analytics/analytics-state.ts";
import { definitionOf, type FigureId } from "../../../web/data/analytics/figure-id.ts";
import {
  barsOf,
  drawdownsOf,
  histogramOf,
  pairedReturns,
  scatterOf,
} from "../../../web/data/analytics/shapes.ts";
import { waterfallOf } from "../../../web/data/analytics/waterfall.ts";
import type { ListedSymbol } from "../../../web/data/symbols/symbol-list.ts";
import { closesOf } from "../../../web/feed/analytics/closes.ts";
import type { Api } from "../../../web/feed/api.ts";
import { components } from "../../../web/reference/components.ts";
import { FIGURES } from "../../../web/reference/figures.ts";
import { referencePage } from "../../../web/reference/page/page.ts";
import { ROUTES } from "../../../web/reference/routes.ts";
import { anySymbol } from "../../any-symbol.ts";

const valuesOf = (values: number[], everyUs = 1) => ({
  ts: values.map((_, at) => (at * everyUs) as EpochUs),
  values,
});

describe("the address of analytics", () => {
  test("has all that was chosen, and leads back to it", () => {
    const anyText = fc.option(fc.string({ minLength: 1 }), { nil: null });
    const anyState: fc.Arbitrary<AnalyticsState> = fc.record({
      symbols: fc.uniqueArray(anySymbol, { maxLength: 3 }),
      interval: fc.constantFrom(...INTERVALS),
      reach: fc.constantFrom(...REACHES),
      ...{ account: anyText, subject: anyText },
    });
    fc.assert(
      fc.property(anyState, (state) => {
        const { search } = new URL(pathOfAnalytics(state), "http://tape.test");
        expect(analyticsOf(search)).toEqual(state);
      }),
    );
  });

  test("leaves to the page what it does not say, or says of what there is not", () => {
    const unsaid = { symbols: [], interval: "5m", reach: "6h", account: null, subject: null };
    expect(analyticsOf("")).toEqual(unsaid);
    expect(analyticsOf("?interval=7m&range=2y&account=&subject=&symbols=,")).toEqual(unsaid);
  });

  test("without symbols is of the first that have a price", () => {
    const list = Array.from({ length: 12 }, (_, at) => ({
      ...{ symbol: `S${at}`, last: at === 1 ? null : at },
    })) as unknown as ListedSymbol[];
    expect(usualSymbols(list)).toEqual(["S0", "S2", "S3", "S4", "S5", "S6", "S7", "S8"]);
  });
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
    ).toEqual([
      [50, 50],
      [100, 75],
      [25, 0],
    ]);
    expect(scatterOf([[0, 0]])).toEqual([[50, 50]]);
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

  test("bars lie on one axis that has zero", () => {
    expect(
      barsOf([
        [0, 30],
        [0, -10],
      ]),
    ).toEqual([
      { leftPercent: 25, widthPercent: 75 },
      { leftPercent: 0, widthPercent: 25 },
    ]);
    expect(barsOf([[100, 50]])).toEqual([{ leftPercent: 50, widthPercent: 50 }]);
    expect(barsOf([[0, 0]])).toEqual([{ leftPercent: 0, widthPercent: 0 }]);
  });
});

describe("a waterfall", () => {
  const ok = (symbol: string, pnl: number) => ({ symbol, pnl: { kind: "ok", pnl }, fees: null });
  const answer = (total: object, ...all: object[]) =>
    ({ total, by_symbol: all }) as unknown as AttributionAnswer;

  test("leads from the value at the beginning to the value at the end, to the cent", () => {
    const total = { kind: "ok", start_value: 0.1, end_value: 0.6, net_flow: 0.3, pnl: 0.2 };
    const steps = waterfallOf(answer(total, ok("A", 0.3), ok("B", -0.1)));
    expect(steps).toEqual([
      { label: "At the beginning", kind: "value", from: 0, to: 0.1 },
      { label: "A", kind: "gain", from: 0.1, to: 0.4 },
      { label: "B", kind: "gain", from: 0.4, to: 0.3 },
      { label: "Net flow", kind: "flow", from: 0.3, to: 0.6 },
      { label: "At the end", kind: "value", from: 0, to: 0.6 },
    ]);
  });

  test("is none where there is no total", () => {
    const none = { symbol: "A", pnl: { kind: "no_price", ts: 1 }, fees: null };
    expect(waterfallOf(answer({ kind: "incomplete", symbols: ["A"] }, none))).toBeNull();
  });
});

describe("the closes that an analysis rests on", () => {
  const looked = { interval: "5m", from: 10, to: 20 } as const;

  function historyOf(answer: Awaited<ReturnType<Api["history"]>>) {
    const asked: unknown[] = [];
    const history: Api["history"] = async (...question) => {
      asked.push(question);
      return answer;
    };
    return { asked, api: { history } };
  }

  test("are of the buckets of its answer, and asked for once", async () => {
    const bars = [{ ts: 10, close: 5 }] as never;
    const { asked, api } = historyOf({ kind: "ok", value: { bars } as never });
    const ask = closesOf(api, looked);
    const closes = { ts: [10], values: [5] };
    expect(await ask(["A", "B"])).toEqual({ kind: "ok", value: [closes, closes] });
    expect(await ask(["B", "A"])).toEqual({ kind: "ok", value: [closes, closes] });
    const query = { interval: "5m", limit: 10_000, from: 10, to: 20 };
    expect(asked).toEqual([
      ["A", query],
      ["B", query],
    ]);
  });

  test("are asked for again after a failure, which is told", async () => {
    const failure = { kind: "failed", status: 503, detail: "away" } as const;
    const { asked, api } = historyOf(failure);
    const ask = closesOf(api, looked);
    expect(await ask(["A"])).toEqual(failure);
    await ask(["A"]);
    expect(asked).toHaveLength(2);
  });
});

test("every figure that the page shows has its definition in the reference", () => {
  const page = referencePage(ROUTES, components());
  for (const id of Object.keys(FIGURES) as FigureId[]) {
    const [path, anchor] = definitionOf(id).split("#");
    expect(path).toBe("/docs");
    expect(page).toContain(`id="${anchor}"`);
  }
});
