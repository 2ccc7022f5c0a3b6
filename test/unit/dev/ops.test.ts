import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  interface Panel {
    title: string;
    gridPos: { x: number; y: number; w: number; h: number };
    datasource: { type: string; uid: string };
    targets: { refId: string; expr?: string; rawSql?: string }[];
  }
  const panels = () =>
    (JSON.parse(readFileSync("ops/grafana/edgetape.json", "utf8")) as { panels: Panel[] }).panels;
  const queries = () => panels().flatMap(({ targets }) => targets);

  it("has panels in Grafana that lie beside each other, and each asks something of a source that is there", () => {
    const taken = new Set<string>();
    for (const { title, gridPos, datasource, targets } of panels()) {
      expect(title).not.toBe("");
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken, `${title} lies over another`).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
      }
      const query = datasource.type === "postgres" ? "rawSql" : "expr";
      expect(["prometheus", "postgres"], title).toContain(datasource.type);
      expect(datasource.uid, title).toBe(`\${${datasource.type}}`);
      expect(targets.length, title).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      for (const target of targets) expect(target[query], title).toBeTruthy();
    }
  });

  it.skipIf(!hasPromtool)("asks Prometheus what it understands, as promtool finds", () => {
    const dir = mkdtempSync(join(tmpdir(), "edgetape-grafana-"));
    const rules = queries()
      .flatMap(({ expr }) => (expr === undefined ? [] : [expr]))
      .map((expr, at) => ({
        record: `panel:${at}`,
        expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
      }));
    // YAML takes JSON.
    writeFileSync(join(dir, "rules.yml"), JSON.stringify({ groups: [{ name: "grafana", rules }] }));
    const run = spawnSync("promtool", ["check", "rules", join(dir, "rules.yml")], {
      encoding: "utf8",
    });
    rmSync(dir, { recursive: true });
    expect(run.stdout + run.stderr).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  const hasAmtool = spawnSync("amtool", ["--version"]).error === undefined;
  const ALERTMANAGER = "ops/alertmanager/alertmanager.yml";

  it.skipIf(!hasAmtool)(
    "has an Alertmanager that pages for what cannot wait, as amtool finds",
    () => {
      const amtool = (...words: string[]) =>
        spawnSync("amtool", words, { encoding: "utf8" }).stdout.trim();
      expect(amtool("check-config", ALERTMANAGER)).toContain("SUCCESS");
      const route = (severity: string) =>
        amtool("config", "routes", "test", `--config.file=${ALERTMANAGER}`, `severity=${severity}`);
      expect([route("page"), route("warn")]).toEqual(["pager", "desk"]);
    },
  );

  it("has no alert that Alertmanager speaks of and there is not", () => {
    const alerts = new Set(
      readFileSync("ops/prometheus/alerts.yml", "utf8").match(/(?<=alert: )\w+/g),
    );
    const named = readFileSync(ALERTMANAGER, "utf8").match(/\bEdgetape\w+/g) ?? [];
    expect(named.filter((name) => !alerts.has(name) && name !== "Edgetape")).toEqual([]);
  });

  it("has each alert in the guide of drills", () => {
    const guide = readFileSync("docs/guides/drills.md", "utf8");
    const alerts = readFileSync("ops/prometheus/alerts.yml", "utf8").match(/(?<=alert: )\w+/g);
    expect((alerts ?? []).filter((alert) => !guide.includes(`\`${alert}\``))).toEqual([]);
  });

  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).error === undefined;

  it.skipIf(!hasSystemd)("has a unit without a word that systemd does not know", () => {
    const { stdout, stderr } = spawnSync(
      "systemd-analyze",
      ["verify", "--man=no", "ops/systemd/edgetape.service"],
      { encoding: "utf8" },
    );
    expect(
      (stdout + stderr).split("\n").filter((line) => line.includes("edgetape.service")),
    ).toEqual([]);
  });
});
