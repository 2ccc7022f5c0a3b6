import { expect, test } from "vitest";
import type { Level } from "../../../src/protocol/events/book.ts";
import { depthOf } from "../../../web/data/tables/depth.ts";
import { ladderOf } from "../../../web/data/tables/order-book.ts";

const BOX = { width: 100, height: 10 };
const of = (bids: Level[], asks: Level[]) => ladderOf({ bids, asks }, 50);

test("the imbalance is what is bid less what is asked, in parts of both", () => {
  const imbalance = (bid: number, ask: number) => of([[9, bid]], [[11, ask]]).imbalance;
  expect([imbalance(3, 1), imbalance(1, 3), imbalance(2, 2)]).toEqual([0.5, -0.5, 0]);
  expect([of([[9, 1]], []).imbalance, of([], [[11, 1]]).imbalance]).toEqual([1, -1]);
  expect(of([], []).imbalance).toBeNull();
});

test("depth is drawn as far on both sides, with the larger side of what is drawn as high as the box", () => {
  const ladder = of(
    [
      [9, 1],
      [8, 1],
      [2, 100],
    ],
    [
      [11, 2],
      [12, 2],
    ],
  );
  // Prices from 8 to 12: the bid at 2 is beyond, and its size makes nothing else small.
  expect(depthOf(ladder, BOX)).toEqual({
    bids: "M50 10H25V7.5H0V5H0V10Z",
    asks: "M50 10H75V5H100V0H100V10Z",
    from: 8,
    to: 12,
  });
});

test("a side that is empty, or crosses the other, has no depth to draw", () => {
  expect(depthOf(of([[9, 1]], []), BOX)).toBeNull();
  expect(depthOf(of([[12, 1]], [[11, 1]]), BOX)).toBeNull();
});
