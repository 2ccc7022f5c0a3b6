import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttributionAnswer } from "../../../../src/protocol/answers/attribution.ts";
import {
  amountOf,
  axisOfWaterfall,
  gainsOf,
  waterfallOf,
} from "../../../../web/data/analytics/waterfall.ts";

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

  test("leads to the cent whatever was gained and paid, and on no axis leaves it", () => {
    const anyCents = fc.integer({ min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(anyCents, fc.array(anyCents), anyCents, (start, gains, flow) => {
        const sum = gains.reduce((all, each) => all + each, start) + flow;
        const total = { kind: "ok", start_value: start / 100, end_value: sum / 100 };
        const of = gains.map((cents, at) => ok(`S${at}`, cents / 100));
        const steps = waterfallOf(answer({ ...total, net_flow: flow / 100 }, ...of)) ?? [];
        expect(steps.at(-2)?.to).toBe(steps.at(-1)?.to);
        expect(steps.slice(1, -1).map(amountOf)).toEqual([...gains, flow].map((one) => one / 100));
        const { low, high } = axisOfWaterfall(steps);
        const levels = steps.map(({ to }) => to);
        expect(low).toBeLessThanOrEqual(Math.min(...levels));
        expect(high).toBeGreaterThanOrEqual(Math.max(...levels));
      }),
    );
  });

  test("has zero on its axis, but where changes would be hairs beside the values", () => {
    const stepsOf = (start: number, end: number, gain: number) =>
      waterfallOf(
        answer(
          { kind: "ok", start_value: start, end_value: end, net_flow: end - start - gain },
          ok("A", gain),
        ),
      ) ?? [];
    expect(axisOfWaterfall(stepsOf(100, 40, -60))).toEqual({ low: 0, high: 100 });
    expect(axisOfWaterfall(stepsOf(-20, 40, 60))).toEqual({ low: -20, high: 40 });
    expect(axisOfWaterfall(stepsOf(1_000, 1_032, 32))).toEqual({ low: 990, high: 1_032 });
    expect(axisOfWaterfall(stepsOf(-1_032, -1_000, 32))).toEqual({ low: -1_032, high: -990 });
    expect(axisOfWaterfall(stepsOf(50, 50, 0))).toEqual({ low: 0, high: 50 });
  });

  test("is none where there is no total", () => {
    const none = { symbol: "A", pnl: { kind: "no_price", ts: 1 }, fees: null };
    const incomplete = answer({ kind: "incomplete", symbols: ["A"] }, none, ok("B", 3));
    expect(waterfallOf(incomplete)).toBeNull();
    expect(gainsOf(incomplete)).toEqual([{ label: "B", kind: "gain", from: 0, to: 3 }]);
  });
});
