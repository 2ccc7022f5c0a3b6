import { expect, test } from "vitest";
import { type PriceLine, placedWords } from "../../../../web/charts/price-lines.ts";

const HEIGHT_PX = 400;

function entry(price: number, title = "long 5"): PriceLine {
  return { name: `entry ${price}`, price, color: "blue", title };
}

/** The axis shows prices from 100 (at the foot) to 200 (at the head). */
const yOf = (price: number) => ((200 - price) / 100) * HEIGHT_PX;

function told(lines: readonly PriceLine[], headPx = 0) {
  const placed = placedWords(lines, yOf, HEIGHT_PX, headPx);
  return placed.map(({ line, side, y }) => [line.price, side, y]);
}

test("an entry whose price the axis does not show is told at the edge that it lies beyond", () => {
  expect(told([entry(250), entry(150), entry(50)])).toEqual([
    [250, "above", 52],
    [150, null, 196],
    [50, "below", 348],
  ]);
});

test("several beyond one edge stand below each other in the order of their prices, and hide none", () => {
  expect(told([entry(250), entry(50), entry(300), entry(20)])).toEqual([
    [300, "above", 52],
    [250, "above", 68],
    [50, "below", 332],
    [20, "below", 348],
  ]);
});

test("no words stand on others: of prices near each other, near an edge, or below the words at the head", () => {
  expect(told([entry(150), entry(151), entry(149.5)])).toEqual([
    [151, null, 192],
    [150, null, 208],
    [149.5, null, 224],
  ]);
  expect(told([entry(185), entry(250), entry(120), entry(50)], 60)).toEqual([
    [250, "above", 76],
    [185, null, 92],
    [120, null, 316],
    [50, "below", 348],
  ]);
  expect(told([entry(110), entry(50)])).toEqual([
    [110, null, 332],
    [50, "below", 348],
  ]);
});

test("a price at the very edge is in sight, and a line without words is told elsewhere", () => {
  expect(told([entry(200), entry(100), entry(250, "")])).toEqual([
    [200, null, 52],
    [100, null, 348],
  ]);
});

test("nothing is beyond an axis that has no place for any price", () => {
  expect(placedWords([entry(250)], () => null, HEIGHT_PX, 0)).toEqual([]);
});
