import { expect, test } from "vitest";
import { holesAfter, loneIndexes, longestPause } from "../../../web/data/bars/holes.ts";
import { columnsOf, type Line, valuesAt } from "../../../web/data/bars/lines.ts";

const line = (key: string, ...at: number[]): Line => ({
  key,
  labels: {},
  points: at.map((ts) => ({
    ts: ts * 1e6,
    mean: ts * 10,
    last: ts,
    min: ts,
    max: ts * 20,
    count: 1,
  })),
});
const every = (step: number, from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

test("a pause is a hole after three usual steps, the usual being what most pauses do not exceed", () => {
  expect(longestPause(every(10, 0, 100), 1)).toBe(30);
  expect(longestPause([0, 10, 20, 2_400], 1)).toBe(30);
  // Never finer than the points can be.
  expect(longestPause([0, 1, 2, 3], 5)).toBe(15);
  expect(longestPause([7], 5)).toBe(Number.POSITIVE_INFINITY);
  expect(longestPause([], 5)).toBe(Number.POSITIVE_INFINITY);
});

test("holes are the points behind a pause that is longer than the longest", () => {
  expect(holesAfter([0, 10, 20, 50, 51, 90], 30)).toEqual([5]);
  expect(holesAfter([0, 10, 20, 51, 52, 90], 30)).toEqual([3, 5]);
  expect(holesAfter([7], 30)).toEqual([]);
});

test("an outage is a hole in the line and in its range, and not a line over 40 minutes", () => {
  const [x, mean, max, min] = columnsOf(
    [line("a", ...every(10, 0, 50), ...every(10, 2_450, 2_500))],
    5e6,
  );
  const at = x.findIndex((seconds) => seconds > 50 && seconds < 2_450);
  expect([mean?.[at], max?.[at], min?.[at]]).toEqual([null, null, null]);
  expect(mean?.filter((value) => value === null)).toHaveLength(1);
});

test("a line goes on over the moments of another, and stops at its own hole", () => {
  const fast = line("fast", ...every(1, 0, 60));
  const slow = line("slow", 0, 10, 20, 55, 60);
  const [x, , column] = columnsOf([fast, slow], 1e6);
  const valueAt = (second: number) => column?.[x.indexOf(second)];
  expect(valueAt(20)).toBe(200);
  expect(valueAt(5)).toBeUndefined();
  expect(every(1, 21, 54).map(valueAt)).toEqual(every(1, 21, 54).map(() => null));
  expect(valueAt(58)).toBeUndefined();
});

test("columns have one x for all lines", () => {
  expect(columnsOf([line("a", 1, 3), line("b", 2, 3)], 1e6)).toEqual([
    [1, 2, 3],
    [10, undefined, 30],
    [undefined, 20, 30],
  ]);
  expect(columnsOf([], 1e6)).toEqual([[]]);
});

test("points without a neighbour are known, for they are drawn as dots", () => {
  expect(loneIndexes([1])).toEqual([0]);
  expect(loneIndexes([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  expect(loneIndexes([undefined, 1, undefined, null, undefined, 2, undefined, 3])).toEqual([1]);
  expect(loneIndexes([null, null])).toEqual([]);
});

test("under the cursor is the value of the moment, or of the line's last one before; in a hole there is none", () => {
  const columns = columnsOf([line("a", 1, 2, 3), line("b", 1, 3)], 1e6);
  expect(valuesAt(columns, 1, 2)).toEqual([20, 10]);
  const broken = columnsOf([line("a", 1, 2, 3, 100, 101)], 1e6);
  expect(valuesAt(broken, 3, 1)).toEqual([null]);
});
