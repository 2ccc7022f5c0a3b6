import { expect, it } from "vitest";
import { warningsOf } from "../../../src/core/memory-warnings.ts";

const HEALTHY = {
  watermarkUs: 1e15,
  rolledThroughUs: 1e15,
  staleHours: { points: 3, trades: 0, posted: 9 },
  setAside: { points: 0, trades: 0 },
};

it("warns of a database over its limit, of many stale hours, of rollups that stand still, and of events set aside", () => {
  expect(warningsOf({ bytes: 10 }, HEALTHY, 10)).toEqual([]);
  expect(warningsOf({ bytes: 11 }, HEALTHY, 10)).toEqual(["database_over_limit"]);
  expect(warningsOf({ bytes: 11 }, HEALTHY, 0)).toEqual([]);
  const stale = { ...HEALTHY, staleHours: { points: 0, trades: 5_000, posted: 0 } };
  expect(warningsOf({ bytes: 1 }, stale, 10)).toEqual(["rollups_stale"]);
  const behind = { ...HEALTHY, rolledThroughUs: 1e15 - 600_000_001 };
  expect(warningsOf({ bytes: 1 }, behind, 10)).toEqual(["rollups_behind"]);
  const aside = { ...HEALTHY, setAside: { points: 0, trades: 1 } };
  expect(warningsOf({ bytes: 1 }, aside, 10)).toEqual(["events_set_aside"]);
});
