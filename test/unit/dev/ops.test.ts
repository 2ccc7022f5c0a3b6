import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { collectMetrics } from "../../../src/telemetry/metrics.ts";

const looked = {
  nowMs: 0,
  isRoomsDiskFull: false,
  isDatabaseDiskFull: false,
  descriptors: { open: 1, limit: 2 },
};
/** Told where there are several runtimes, by the route that asks them. */
const OF_ROUTE = "edgetape_runtime_up";

/** Names of all that there is, with those of a histogram's parts. */
function names(): Set<string> {
  const families = collectMetrics(looked).flatMap(({ name, type }) =>
    type === "histogram" ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return new Set([...families, OF_ROUTE]);
}

function namedIn(path: string): string[] {
  return readFileSync(path, "utf8").match(/\bedgetape_[a-z_]+/g) ?? [];
}

describe("T-1 what is made of the metrics", () => {
  it.each([
    "ops/prometheus/alerts.yml",
    "ops/prometheus/alerts.test.yml",
    "ops/grafana/edgetape.json",
  ])("names no metric in %s that there is not", (path) => {
    const known = names();
    const named = namedIn(path);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it("has a word for each of them in the guide", () => {
    const told = new Set(namedIn("docs/guides/operate.md"));
    const all = [...collectMetrics(looked).map(({ name }) => name), OF_ROUTE];
    expect(all.filter((name) => !told.has(name))).toEqual([]);
  });

  it("has a test for each alert", () => {
    const alerts =
      readFileSync("ops/prometheus/alerts.yml", "utf8").match(/(?<=alert: )\w+/g) ?? [];
    const tests = readFileSync("ops/prometheus/alerts.test.yml", "utf8");
    expect(alerts.length).toBeGreaterThan(5);
    for (const alert of alerts) expect(tests.split(alert)).toHaveLength(3);
  });

  const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

  it.skipIf(!hasPromtool)("has alerts that fire when they should, as promtool finds", () => {
    const run = spawnSync("promtool", ["test", "rules", "ops/prometheus/alerts.test.yml"], {
      encoding: "utf8",
    });
    expect(run.stdout + run.stderr).toContain("SUCCESS");
    expect(run.status).toBe(0);
  });
});
