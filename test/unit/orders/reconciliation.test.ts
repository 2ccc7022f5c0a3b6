import fc from "fast-check";
import { expect, it, test } from "vitest";
import { decimalOf, numberOf, sumOf } from "../../../src/core/attribution/decimal.ts";
import { reconcile } from "../../../src/core/orders/reconciliation.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { order } from "./orders.ts";

const range = { fromUs: 0 as EpochUs, toUs: 100 as EpochUs };
const held = (ts: number, quantity: number) => ({ ts: ts as EpochUs, quantity });
const bought = (ts: number, filled: number, side: "buy" | "sell" = "buy") => [
  order(ts - 1, "sent", { side, quantity: filled }),
  order(ts, "filled", { filled }),
];

it("says what fills explain of a position, and in which step something is left", () => {
  const found = reconcile(
    [held(0, 10), held(20, 12), held(40, 15), held(60, 14)],
    [bought(20, 2), bought(25, 1), bought(50, 1, "sell"), bought(70, 4)],
    range,
  );
  expect(found.whole).toEqual({ from_ts: 0, to_ts: 60, change: 4, filled: 2, unexplained: 2 });
  expect(found.steps).toEqual([{ from_ts: 20, to_ts: 40, change: 3, filled: 1, unexplained: 2 }]);
  expect([found.filled_since, found.fills_without_side]).toEqual([4, 0]);
});

it("counts a step that begins before the range whole", () => {
  const found = reconcile([held(-50, 0), held(10, 3)], [bought(-20, 3)], range);
  expect(found.whole).toMatchObject({ change: 3, filled: 3, unexplained: 0 });
  expect(found.steps).toEqual([]);
});

it("0.1 and 0.2 explain 0.3", () => {
  const found = reconcile([held(0, 0), held(9, 0.3)], [bought(3, 0.1), bought(4, 0.2)], range);
  expect(found.whole?.unexplained).toBe(0);
});

it("without two states of the position nothing is compared, and fills without a side are counted", () => {
  const found = reconcile([], [bought(5, 2), [order(6, "filled", { filled: 1 })]], range);
  expect(found).toEqual({ whole: null, steps: [], filled_since: 2, fills_without_side: 1 });
  expect(reconcile([held(50, 1)], [bought(5, 2), bought(60, 3)], range)).toMatchObject({
    ...{ whole: null, filled_since: 3 },
  });
});

test("what is not explained of all steps is what is not explained of the whole", () => {
  const quantity = fc.integer({ min: -99, max: 99 }).map((hundredths) => hundredths / 100);
  const positions = fc.uniqueArray(fc.tuple(fc.nat(100), quantity), {
    selector: ([ts]) => ts,
    minLength: 2,
  });
  const fills = fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 100 }),
      quantity.filter((one) => one > 0),
    ),
  );
  fc.assert(
    fc.property(positions, fills, (states, filled) => {
      const sorted = states.toSorted(([a], [b]) => a - b).map(([ts, one]) => held(ts, one));
      const orders = filled.map(([ts, one], at) => bought(ts, one, at % 2 === 0 ? "buy" : "sell"));
      const { whole, steps } = reconcile(sorted, orders, range);
      const left = steps.map(({ unexplained }) => decimalOf(unexplained));
      expect(numberOf(left.reduce(sumOf, decimalOf(0)))).toBe(whole?.unexplained);
    }),
  );
});
