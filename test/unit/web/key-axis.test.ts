import { expect, it } from "vitest";
import { moveByKey } from "../../../web/charts/key-axis.ts";
import { createSharedAxis } from "../../../web/charts/shared-axis.ts";
import type { TimeWindow } from "../../../web/data/bars/time-window.ts";

it("keys move and zoom what the charts have in sight, and all others are left to the page", () => {
  const axis = createSharedAxis();
  const wanted: TimeWindow[] = [];
  axis.wanted.hear({}, (window) => wanted.push(window));
  // There are no bars yet.
  expect(moveByKey("ArrowLeft", {}, axis)).toBe(false);
  axis.moved.say({}, { fromUs: 1_000, toUs: 2_000, isNewest: true });
  const keys = ["ArrowLeft", "ArrowRight", "+", "=", "-"];
  expect(keys.map((key) => moveByKey(key, {}, axis))).toEqual(keys.map(() => true));
  expect(wanted).toEqual([
    { fromUs: 900, toUs: 1_900 },
    { fromUs: 1_100, toUs: 2_100 },
    { fromUs: 1_200, toUs: 2_000 },
    { fromUs: 1_200, toUs: 2_000 },
    { fromUs: 750, toUs: 2_000 },
  ]);
  for (const key of ["Tab", "ArrowUp", "a", "Enter"]) expect(moveByKey(key, {}, axis)).toBe(false);
  expect(wanted).toHaveLength(5);
});
