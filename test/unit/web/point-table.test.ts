import { expect, test } from "vitest";
import type { Line } from "../../../web/data/bars/lines.ts";
import { pointTable } from "../../../web/data/bars/point-table.ts";

const line = (key: string, values: readonly [ts: number, value: number, off?: number][]): Line => ({
  ...{ key, labels: { venue: key } },
  points: values.map(([ts, value, off = 0]) => {
    return { ts, mean: value, last: value, min: value - off, max: value + off, count: 1 };
  }),
});

test("each moment that a line has a point in is one row, newest first, and a line without one there has none", () => {
  const lines = [
    line("a", [
      [1, 10],
      [3, 30],
    ]),
    line("b", [
      [2, 20],
      [3, 31],
    ]),
  ];
  expect(pointTable(lines, ["a", "b"], null)).toEqual({
    columns: ["a", "b"],
    rows: [
      { ts: 3, values: [30, 31] },
      { ts: 2, values: [null, 20] },
      { ts: 1, values: [10, null] },
    ],
  });
});

test("a line alone is told with its range, where it has one", () => {
  expect(pointTable([line("a", [[1, 10, 2]])], [""], null)).toEqual({
    columns: ["mean", "lowest", "highest"],
    rows: [{ ts: 1, values: [10, 8, 12] }],
  });
  expect(pointTable([line("a", [[1, 10]])], [""], null).columns).toEqual(["value"]);
});

test("rows are of what is in sight, and few however much there is", () => {
  const long = Array.from({ length: 5_000 }, (_, ts): [number, number] => [ts, ts]);
  const rowsIn = (fromUs: number, toUs: number) =>
    pointTable([line("a", long), line("b", long)], ["a", "b"], { fromUs, toUs }).rows;
  expect(rowsIn(100, 103).map(({ ts }) => ts)).toEqual([103, 102, 101, 100]);
  expect(rowsIn(0, 4_000).map(({ ts }) => ts)).toEqual(
    Array.from({ length: 20 }, (_, at) => 4_000 - at),
  );
});
