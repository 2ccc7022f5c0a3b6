import { expect, it } from "vitest";
import { warningsOf } from "../../../../src/core/limits/memory-warnings.ts";

const HEALTHY = {
  watermarkUs: 1e15,
  rolledThroughUs: 1e15,
  staleHours: { points: 3, trades: 0, posted: 9 },
  setAside: { points: 0, trades: 0 },
  replacement: null,
};

const of = (bytes: number) => ({ bytes, timescale: null, unpinned: null });

it("warns of a database over its limit, of many stale hours, of rollups that stand still, and of events set aside", () => {
  expect(warningsOf(of(10), HEALTHY, 10)).toEqual([]);
  expect(warningsOf(of(11), HEALTHY, 10)).toEqual(["database_over_limit"]);
  expect(warningsOf(of(11), HEALTHY, 0)).toEqual([]);
  const stale = { ...HEALTHY, staleHours: { points: 0, trades: 5_000, posted: 0 } };
  expect(warningsOf(of(1), stale, 10)).toEqual(["rollups_stale"]);
  const behind = { ...HEALTHY, rolledThroughUs: 1e15 - 600_000_001 };
  expect(warningsOf(of(1), behind, 10)).toEqual(["rollups_behind"]);
  const replaced = { ...HEALTHY, replacement: { rooms: 1 } };
  expect(warningsOf(of(1), replaced, 10)).toEqual(["database_replaced"]);
  const aside = { ...HEALTHY, setAside: { points: 0, trades: 1 } };
  expect(warningsOf(of(1), aside, 10)).toEqual(["events_set_aside"]);
});

it.each([
  ["2.13.1", ["timescale_old"]],
  ["2.9.3", ["timescale_old"]],
  ["1.7.5", ["timescale_old"]],
  ["2.15.0", []],
  ["2.28.3", []],
  ["3.0", []],
  [null, []],
])("warns of TimescaleDB %s as of versions that were not tried", (timescale, warnings) => {
  expect(warningsOf({ ...of(1), timescale }, HEALTHY, 10)).toEqual(warnings);
});

it("warns of settings that change answers", () => {
  const unpinned = "extra_float_digits = -5";
  expect(warningsOf({ ...of(1), unpinned }, HEALTHY, 10)).toEqual(["session_settings"]);
});
