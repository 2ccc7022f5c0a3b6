import fc from "fast-check";
import { expect, it } from "vitest";
import { type PlaceRange, stopAt } from "../../../../web/charts/widest-range.ts";

const widthOf = ({ from, to }: PlaceRange) => to - from + 1;

/** What `range` becomes when it is zoomed by `factor` and what lies at `share` of its width is held still. */
function zoomed({ from, to }: PlaceRange, factor: number, share: number): PlaceRange {
  const width = to - from + 1;
  const left = from - 0.5 + share * width * (1 - factor);
  return { from: left + 0.5, to: left + width * factor - 0.5 };
}

const range = fc
  .tuple(
    fc.double({ min: -1e5, max: 1e5, noNaN: true }),
    fc.double({ min: 1, max: 1e5, noNaN: true }),
  )
  .map(([from, width]) => ({ from, to: from + width }));
const share = fc.double({ min: 0, max: 1, noNaN: true });
const factor = fc.double({ min: 0.1, max: 10, noNaN: true });

it("a zoom that shows no more than what may be shown goes where it goes", () => {
  fc.assert(
    fc.property(range, factor, share, (before, by, at) => {
      const next = zoomed(before, by, at);
      expect(stopAt(before, next, widthOf(next))).toBeNull();
    }),
  );
});

it("a zoom stops at what may be shown, and holds still what it was to hold still", () => {
  fc.assert(
    fc.property(range, fc.double({ min: 1.1, max: 10, noNaN: true }), share, (before, by, at) => {
      const most = widthOf(before) * 1.05;
      const stopped = stopAt(before, zoomed(before, by, at), most);
      const expected = zoomed(before, 1.05, at);
      expect(stopped?.from).toBeCloseTo(expected.from, 4);
      expect(stopped?.to).toBeCloseTo(expected.to, 4);
      // It is no zoom of its own again.
      expect(stopAt(before, stopped as PlaceRange, most)).toBeNull();
    }),
  );
});

it("at the limit a zoom moves nothing", () => {
  const before = { from: 0, to: 99 };
  expect(stopAt(before, zoomed(before, 1.1, 0.3), 100)).toEqual(before);
});

it("from what was too wide already the right edge is held", () => {
  expect(stopAt({ from: 0, to: 199 }, { from: -10, to: 209 }, 100)).toEqual({ from: 110, to: 209 });
});
