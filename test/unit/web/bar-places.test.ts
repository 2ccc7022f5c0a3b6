import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { momentAt, placeOf, placesShowing } from "../../../web/data/bars/bar-places.ts";
import { barsAColumn, volumeColumns } from "../../../web/data/bars/volume-columns.ts";

const bar = (ts: number, volume = 1, close = 1): Bar => {
  return { ts: ts as EpochUs, open: 1, high: 1, low: 1, close, volume };
};
/** Bars of 10 us; a night lies between the second and the third. */
const AXIS = { bars: [bar(100), bar(110), bar(500)], lengthUs: 10 };

test("a moment lies within its bar, and one between bars at the end of the first", () => {
  expect([100, 105, 110].map((ts) => placeOf(AXIS, ts))).toEqual([-0.5, 0, 0.5]);
  expect([120, 300, 499].map((ts) => placeOf(AXIS, ts))).toEqual([1.5, 1.5, 1.5]);
  expect(placeOf(AXIS, 500)).toBe(1.5);
});

test("before the first bar and after the last the axis goes on in bars", () => {
  expect(placeOf(AXIS, 80)).toBe(-2.5);
  expect(placeOf(AXIS, 530)).toBe(4.5);
  expect(momentAt(AXIS, -2.5)).toBe(80);
  expect(momentAt(AXIS, 4.5)).toBe(530);
  expect(placeOf({ bars: [], lengthUs: 10 }, 5)).toBeNull();
  expect(momentAt({ bars: [], lengthUs: 10 }, 5)).toBeNull();
});

test("what shows a window goes from its first bar to its last, and is one bar where it lies within one", () => {
  const of = (fromUs: number, toUs: number) => placesShowing(AXIS, { fromUs, toUs });
  expect(of(100, 510)).toEqual({ from: 0, to: 2 });
  expect(of(105, 505)).toEqual({ from: 0.5, to: 1.5 });
  expect(of(110, 120)).toEqual({ from: 1, to: 1 });
  const within = of(112, 114);
  expect(within?.from).toBeCloseTo(0.8);
  expect(within?.to).toBe(within?.from);
  // Over the border of two bars, and no longer than one.
  expect(of(108, 112)).toEqual({ from: 0.5, to: 0.5 });
  expect(of(200, 400)).toBeNull();
});

test("the moment at a place lies at that place again", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 1 }),
      fc.double({ min: -9, max: 120, noNaN: true }),
      (numbers, place) => {
        const bars = numbers.sort((a, b) => a - b).map((number) => bar(number * 10));
        const ts = momentAt({ bars, lengthUs: 10 }, place) ?? Number.NaN;
        expect(placeOf({ bars, lengthUs: 10 }, ts)).toBeCloseTo(place, 6);
      },
    ),
  );
});

test("bars that are narrower than a pixel share columns, which have the volume of all of them", () => {
  expect([8, 1, 0.9, 0.5, 0.3, 0.01].map(barsAColumn)).toEqual([1, 1, 2, 2, 4, 128]);
  const bars = [bar(0, 1), bar(10, 2), bar(20, 4), bar(30, 8, 0.5), bar(40, 16)];
  const kept = new Map();
  expect(volumeColumns(bars, { from: -3, to: 9, perColumn: 2 }, kept)).toEqual([
    { first: 0, last: 1, volume: 3, isUp: true },
    { first: 2, last: 3, volume: 12, isUp: false },
    { first: 4, last: 4, volume: 16, isUp: true },
  ]);
  // A column at the edge is drawn whole, or it would grow while one scrolls.
  const edge = volumeColumns(bars, { from: 3, to: 3, perColumn: 2 }, kept);
  expect(edge).toEqual([{ first: 2, last: 3, volume: 12, isUp: false }]);
  expect(edge[0]).toBe(kept.get(2));
});
