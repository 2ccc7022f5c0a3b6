import { expect, test, vi } from "vitest";
import { createSharedAxis } from "../../../web/charts/shared-axis.ts";
import { labelsIn, newestIn } from "../../../web/data/bars/lines.ts";
import { RANGES } from "../../../web/data/bars/ranges.ts";
import {
  type InSight,
  lastOf,
  panned,
  spanOf,
  spanToLoad,
  windowOf,
  withNewest,
  zoomed,
} from "../../../web/data/bars/time-window.ts";

const HOUR = 3_600e6;
const inSight = (fromH: number, toH: number, isNewest = false): InSight => {
  return { fromUs: fromH * HOUR, toUs: toH * HOUR, isNewest };
};

test("everybody but the one who says it hears what is pointed at, until it is over", () => {
  const axis = createSharedAxis();
  const [candles, panel] = [{}, {}];
  const [atCandles, atPanel] = [vi.fn(), vi.fn()];
  axis.pointed.hear(candles, atCandles);
  const stop = axis.pointed.hear(panel, atPanel);
  axis.pointed.say(panel, 5);
  axis.pointed.say(candles, 6);
  stop();
  axis.pointed.say(candles, null);
  expect(atCandles.mock.calls).toEqual([[5]]);
  expect(atPanel.mock.calls).toEqual([[6]]);
});

test("who comes later knows what candles show", () => {
  const axis = createSharedAxis();
  expect(axis.inSight()).toBeNull();
  axis.moved.say({}, inSight(1, 2));
  expect(axis.inSight()).toEqual(inSight(1, 2));
  // Nobody is told again of what is as it was.
  const hear = vi.fn();
  axis.moved.hear({}, hear);
  axis.moved.say({}, inSight(1, 2));
  axis.moved.say({}, inSight(1, 2, true));
  expect(hear.mock.calls).toEqual([[inSight(1, 2, true)]]);
});

test("a window moves by shares of its width, and widens around what is pointed at", () => {
  expect(panned({ fromUs: 100, toUs: 200 }, -0.5)).toEqual({ fromUs: 50, toUs: 150 });
  expect(zoomed({ fromUs: 100, toUs: 200 }, 0.25, 2)).toEqual({ fromUs: 75, toUs: 275 });
  expect(zoomed({ fromUs: 100, toUs: 200 }, 1, 0.5)).toEqual({ fromUs: 150, toUs: 200 });
  expect(lastOf(1_000, 100)).toEqual({ fromUs: 900, toUs: 1_001 });
});

test("without candles a span is in sight as it was chosen", () => {
  expect(windowOf(null, 1_000)).toBeNull();
  expect(windowOf(RANGES["5m"], 1_000e6)).toEqual(lastOf(1_000e6, 300e6));
  const chosen = { fromUs: 5, toUs: 9 };
  expect(windowOf(spanOf(chosen), 1_000)).toEqual(chosen);
  expect(windowOf({ ...spanOf(chosen), toUs: null }, 7)).toEqual({ fromUs: 5, toUs: 7 });
});

test("half a window on either side is loaded too, and nothing more while one stays in it", () => {
  const loaded = spanToLoad(inSight(10, 12), null);
  const expected = { fromUs: 9 * HOUR, toUs: 13 * HOUR, rangeUs: 4 * HOUR, stepUs: null };
  expect(loaded).toEqual(expected);
  for (const within of [inSight(10, 12), inSight(9, 11), inSight(11, 13), inSight(10, 11.5)]) {
    expect(spanToLoad(within, loaded)).toBeNull();
  }
});

test("points are asked for anew beyond what is loaded, where they are too few or too many, and where the newest come into sight", () => {
  const loaded = spanToLoad(inSight(10, 12), null);
  for (const other of [
    inSight(8.9, 10.9),
    inSight(11.1, 13.1),
    inSight(10, 10.9),
    inSight(9, 13.1),
    inSight(10, 12, true),
  ]) {
    expect(spanToLoad(other, loaded)).not.toBeNull();
  }
  // The last minutes of a range that somebody has chosen are no window of candles.
  const range = { fromUs: null, rangeUs: 900e6, toUs: null, stepUs: 5e6 };
  expect(spanToLoad(inSight(10, 12), range)).not.toBeNull();
});

test("with the newest bar in sight what comes is added, until much of it lies behind", () => {
  const loaded = spanToLoad(inSight(10, 12, true), null);
  expect(loaded?.toUs).toBeNull();
  expect(spanToLoad(inSight(16, 18, true), loaded)).toBeNull();
  expect(spanToLoad(inSight(18, 20, true), loaded)).not.toBeNull();
});

test("points that are newer than the newest bar are in sight with it, and with it alone", () => {
  expect(withNewest(inSight(1, 2, true), 5 * HOUR).toUs).toBe(5 * HOUR);
  expect(withNewest(inSight(1, 2, true), HOUR).toUs).toBe(2 * HOUR);
  expect(withNewest(inSight(1, 2), 5 * HOUR).toUs).toBe(2 * HOUR);
});

test("a panel's head tells the newest point in sight, and none where there is none", () => {
  const points = [1, 2, 3].map((ts) => ({
    ts,
    mean: ts * 10,
    last: ts * 11,
    min: 0,
    max: 0,
    count: 1,
  }));
  const line = { key: "", labels: {}, points };
  const meanIn = (fromUs: number, toUs: number) => newestIn(line, { fromUs, toUs })?.mean;
  expect(newestIn(line, null)?.mean).toBe(30);
  expect(meanIn(0, 2)).toBe(20);
  expect(meanIn(2, 9)).toBe(30);
  expect(meanIn(4, 9)).toBeUndefined();
  expect(meanIn(-9, 0)).toBeUndefined();
});

test("a line is named by what tells it from the others first, and alone as it is", () => {
  const [one, other] = ["xnas", "bats"].map((venue) => ({ labels: { job: "gw", venue } }));
  if (one === undefined || other === undefined) throw new Error("there are two");
  expect(labelsIn([one, other], other)).toEqual(["venue=bats", "job=gw"]);
  expect(labelsIn([one], one)).toEqual(["job=gw", "venue=xnas"]);
  expect(labelsIn([one, { labels: {} }], one)).toEqual(["job=gw", "venue=xnas"]);
});
