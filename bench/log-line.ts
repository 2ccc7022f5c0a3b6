import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LogFile } from "../dev/log/log-file.ts";
import { objectLines } from "../dev/log/object-lines.ts";
import { logOf } from "../src/telemetry/log.ts";

/**
 * What a line of our own log costs whoever says it: `npx node bench/log-line.ts`. The Worker's part ends where the runtime takes the
 * line (`console.log`, which is left out here); the supervisor's is what it does with each line of a process where there is a `LOG_FILE`.
 * Bursts with pauses, and the median of these; the ratio is to `JSON.stringify` of the same line.
 */

const BURST = 200;
const BURSTS = 60;
const PAUSE_MS = 20;

const print = process.stdout.write.bind(process.stdout);
const lines: string[] = [];
console.log = (line: string) => void lines.push(line);

const log = logOf("worker", { LOG_LEVEL: "debug" });
const fields = {
  ...{ correlation_id: "3b6b9433-925c-44f5-85ad-b2adcf64e08d", method: "POST" },
  ...{ path: "/api/metrics", status: 401, duration_ms: 3 },
};
const suspect = { ...fields, detail: "at postgres://edgetape:word@db.internal:5432/edgetape" };
const folder = mkdtempSync(join(tmpdir(), "edgetape-log-line-"));
const file = new LogFile(
  { path: join(folder, "edgetape.log"), mostBytes: 64 * 1_024 * 1_024, mostFiles: 5 },
  { aside: () => {}, nowMs: Date.now },
);
const objects = objectLines(Date.now);
const line = JSON.stringify({ timestamp: new Date().toISOString(), level: "info", ...fields });
const calls: Record<string, () => void> = {
  "JSON.stringify": () => lines.push(JSON.stringify(fields)),
  // At debug every line is written.
  "a line": () => log.debug("request", fields),
  "a line with a secret": () => log.debug("query_failed", suspect),
  "a line of a flood": () => log.info("request", fields),
  "a line to the file": () => {
    for (const object of objects(line, { service: "workerd" })) file.write(object);
  },
};
const times = new Map(Object.keys(calls).map((name) => [name, [] as number[]]));
for (let burst = 0; burst < BURSTS; burst += 1) {
  for (const [name, call] of Object.entries(calls)) {
    const beganMs = performance.now();
    for (let at = 0; at < BURST; at += 1) call();
    times.get(name)?.push(((performance.now() - beganMs) / BURST) * 1_000);
    lines.length = 0;
    await sleep(PAUSE_MS);
  }
}
const medianOf = (name: string) => {
  const sorted = times.get(name)?.toSorted((a, b) => a - b) ?? [];
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
for (const [name, bursts] of times) {
  const ratio = (medianOf(name) / medianOf("JSON.stringify")).toFixed(1);
  const shown = [medianOf(name), Math.max(...bursts)].map((each) => each.toFixed(2).padStart(7));
  print(
    `${name.padEnd(22)} ${shown[0]} us, longest burst ${shown[1]}, ${ratio} x JSON.stringify\n`,
  );
}
await file.close();
rmSync(folder, { recursive: true });
