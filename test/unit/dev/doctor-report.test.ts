import { expect, it } from "vitest";
import type { Diagnosis } from "../../../dev/doctor/diagnose.ts";
import { reportOf } from "../../../dev/doctor/report.ts";

it("says what waits, and that all is well where nothing does", () => {
  const { text, isWell } = reportOf(diagnosisOf(4_909));
  expect(text).toContain("4,909 stale hours wait for rollups. The Keeper of a running product");
  expect(text).not.toContain("All is well");
  expect(isWell).toBe(true);
  expect(reportOf(diagnosisOf(0)).text).toMatch(/All is well\.$/);
});

function diagnosisOf(points: number): Diagnosis {
  const times = { rawFromUs: 0, packedThroughUs: 0, minutesFromUs: 0, rolledThroughUs: 0 };
  return {
    kind: "set_up",
    database: { mode: "plain", version: "18.4", timescale: null, unpinned: null, migrations: [] },
    memory: {
      ...times,
      staleHours: { points, trades: 0, posted: 0 },
      setAside: { points: 0, trades: 0 },
      replacement: null,
    },
    ...{ sizes: [], warnings: [], lagUs: 0 },
  } as unknown as Diagnosis;
}
