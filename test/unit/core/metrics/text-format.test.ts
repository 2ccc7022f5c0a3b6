import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Counter, gauge, Histogram, OfObjects } from "../../../../src/core/metrics/families.ts";
import { encodeMetrics } from "../../../../src/core/metrics/text-format.ts";
import {
  collectMetrics,
  countDatabaseError,
  hostStates,
  keeperState,
  socketsOfRelays,
} from "../../../../src/telemetry/metrics.ts";

const NOW_MS = 1_795_422_741_819;
const looked = {
  nowMs: NOW_MS,
  isRoomsDiskFull: false,
  isDatabaseDiskFull: true,
  descriptors: { open: 40, limit: 20_000 },
};

/** All that this process has counted, as lines. */
function linesNow(): string[] {
  return encodeMetrics([{ labels: {}, families: collectMetrics(looked) }]).split("\n");
}

describe("T-1 the text format", () => {
  it("has a head and a line for each set of labels, escaped", () => {
    const counter = new Counter<"a">({ name: "x_total", help: 'a \\ "help"\nof lines' }, [
      { a: "0" },
    ]);
    counter.add(1, { a: 'q"\\\n' });
    counter.add(2.5, { a: 'q"\\\n' });
    expect(encodeMetrics([{ labels: {}, families: [counter.family()] }])).toBe(
      [
        '# HELP x_total a \\\\ "help"\\nof lines',
        "# TYPE x_total counter",
        'x_total{a="0"} 0',
        'x_total{a="q\\"\\\\\\n"} 3.5',
        "",
      ].join("\n"),
    );
  });

  it("counts a histogram upwards, what is beyond its last bucket too", () => {
    const histogram = new Histogram({ name: "h_seconds", help: "h" }, [0.1, 1]);
    for (const seconds of [0.1, 0.5, 7, -1]) histogram.observe(seconds);
    expect(encodeMetrics([{ labels: {}, families: [histogram.family()] }])).toBe(
      [
        "# HELP h_seconds h",
        "# TYPE h_seconds histogram",
        'h_seconds_bucket{le="0.1"} 2',
        'h_seconds_bucket{le="1"} 3',
        'h_seconds_bucket{le="+Inf"} 4',
        "h_seconds_sum 7.6",
        "h_seconds_count 4",
        "",
      ].join("\n"),
    );
  });

  it("has one head for what several runtimes have, and nothing of what none knows", () => {
    const up = (value: number) => gauge({ name: "up", help: "u" }, value);
    const unknown = gauge({ name: "unknown", help: "u" }, null, undefined);
    expect(
      encodeMetrics([
        { labels: { runtime: "0" }, families: [up(1), unknown] },
        { labels: { runtime: "1" }, families: [up(0)] },
      ]),
    ).toBe('# HELP up u\n# TYPE up gauge\nup{runtime="0"} 1\nup{runtime="1"} 0\n');
  });

  const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

  it.skipIf(!hasPromtool)("is what promtool takes, ours without a complaint", () => {
    // Of what has no sample yet nothing is written, so nobody would complain of its name.
    const families = collectMetrics(looked).map((family) => ({
      ...family,
      samples:
        family.samples.length > 0
          ? family.samples
          : [{ suffix: "", labels: {}, value: 1 } as const],
    }));
    const input = encodeMetrics([
      { labels: { runtime: "0" }, families },
      { labels: { runtime: "1" }, families },
    ]);
    const check = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
    expect(check.stdout + check.stderr).toBe("");
    expect(check.status).toBe(0);
  });
});

describe("T-3 what objects have", () => {
  it("is added up, and an object that left memory counts as it was", () => {
    const objects = new OfObjects<number>();
    objects.set("a", 1);
    objects.set("b", 2);
    objects.set("a", 3);
    expect([objects.size, [...objects.all]]).toEqual([2, [3, 2]]);
  });

  it("tells rooms, outboxes and the age of the oldest of them", () => {
    // Hosts of other tests in this process have counted here too.
    const others = [...hostStates.all];
    const sum = (of: (state: (typeof others)[number]) => number, from: number) =>
      others.reduce((total, state) => total + of(state), from);
    const since = Math.min(...others.map((one) => one.outboxSinceMs ?? NOW_MS), NOW_MS - 2_500);
    const newest = Math.max(...others.map((one) => one.headMs), NOW_MS);
    const headMs = newest + 1_500;
    hostStates.set("h-1", { rooms: 1_000, outboxBytes: 0, outboxSinceMs: null, headMs: 0 });
    hostStates.set("h-2", { rooms: 2, outboxBytes: 70, outboxSinceMs: NOW_MS - 2_500, headMs: 0 });
    hostStates.set("h-3", { rooms: 1, outboxBytes: 30, outboxSinceMs: NOW_MS - 500, headMs });
    socketsOfRelays.set("r-1", 5);
    socketsOfRelays.set("r-2", 0);
    expect(linesNow()).toEqual(
      expect.arrayContaining([
        `edgetape_hosts ${others.length + 3}`,
        `edgetape_rooms ${sum(({ rooms }) => rooms, 1_003)}`,
        `edgetape_outbox_bytes ${sum(({ outboxBytes }) => outboxBytes, 100)}`,
        `edgetape_outbox_age_seconds ${(NOW_MS - since) / 1_000}`,
        'edgetape_viewers{at="host"} 0',
        'edgetape_viewers{at="relay"} 5',
        "edgetape_relays 1",
        'edgetape_disk_full{disk="rooms"} 0',
        'edgetape_disk_full{disk="database"} 1',
        `edgetape_clock_seconds ${NOW_MS / 1_000}`,
        `edgetape_clock_behind_seconds ${(newest + 1_500 - NOW_MS) / 1_000}`,
        "edgetape_open_descriptors 40",
        "edgetape_descriptors_limit 20000",
      ]),
    );
  });

  it("tells the lag of rollups as it grows only while there is something to roll up", () => {
    expect(linesNow().join("\n")).not.toContain("edgetape_rollup_lag_seconds");
    const rolledThroughUs = (NOW_MS - 600_000) * 1_000;
    Object.assign(keeperState, { rolledThroughUs, isBehind: false, lagS: 61, databaseBytes: 9 });
    expect(linesNow()).toContain("edgetape_rollup_lag_seconds 61");
    expect(linesNow()).toContain("edgetape_database_bytes 9");
    keeperState.isBehind = true;
    expect(linesNow()).toContain("edgetape_rollup_lag_seconds 600");
  });

  it("counts what a database failed with by its cause, and nothing else", () => {
    countDatabaseError("writer", null);
    countDatabaseError("writer", { kind: "unavailable", why: "timeout" });
    countDatabaseError("writer", { kind: "refused" });
    const errors = linesNow().filter((line) => line.startsWith("edgetape_database_errors_total"));
    expect(errors).toEqual([
      'edgetape_database_errors_total{use="reader",cause="away"} 0',
      'edgetape_database_errors_total{use="writer",cause="away"} 0',
      'edgetape_database_errors_total{use="keeper",cause="away"} 0',
      'edgetape_database_errors_total{use="writer",cause="timeout"} 1',
      'edgetape_database_errors_total{use="writer",cause="refused"} 1',
    ]);
  });
});
