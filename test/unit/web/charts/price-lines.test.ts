import { expect, test } from "vitest";
import { linesBeyond, type PriceLine } from "../../../../web/charts/price-lines.ts";

const HEIGHT_PX = 400;

function entry(price: number, title = "long 5"): PriceLine {
  return { name: `entry ${price}`, price, color: "blue", title };
}

/** The axis shows prices from 100 (at the foot) to 200 (at the head). */
const yOf = (price: number) => ((200 - price) / 100) * HEIGHT_PX;

function told(lines: readonly PriceLine[]) {
  return linesBeyond(lines, yOf, HEIGHT_PX).map(([{ price }, side, y]) => [price, side, y]);
}

test("an entry whose price the axis does not show is told at the edge that it lies beyond", () => {
  expect(told([entry(250), entry(150), entry(50)])).toEqual([
    [250, "above", 52],
    [50, "below", 348],
  ]);
});

test("several beyond one edge stand below each other, and hide none", () => {
  expect(told([entry(250), entry(50), entry(300), entry(20)])).toEqual([
    [250, "above", 52],
    [50, "below", 348],
    [300, "above", 68],
    [20, "below", 332],
  ]);
});

test("a price at the very edge is in sight, and a line without words is told elsewhere", () => {
  expect(told([entry(200), entry(100), entry(250, "")])).toEqual([]);
});

test("nothing is beyond an axis that has no place for any price", () => {
  expect(linesBeyond([entry(250)], () => null, HEIGHT_PX)).toEqual([]);
});
