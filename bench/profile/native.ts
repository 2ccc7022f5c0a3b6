import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SAMPLES_PER_SECOND = 997;

/** Profiles the process with Linux' perf while `work` runs: the runtime's own code and the kernel, which V8 does not see. */
export async function nativeProfile(pid: number, work: () => Promise<void>): Promise<string> {
  if (spawnSync("perf", ["--version"]).status !== 0) {
    await work();
    return "perf is not installed (Debian: apt-get install linux-perf)";
  }
  const dir = mkdtempSync(join(tmpdir(), "edgetape-bench-perf-"));
  const data = join(dir, "perf.data");
  const recorder = spawn(
    "perf",
    ["record", "-q", "-F", String(SAMPLES_PER_SECOND), "-o", data, "-p", String(pid)],
    {
      stdio: "ignore",
    },
  );
  const recorded = new Promise((resolve) => recorder.once("exit", resolve));
  await work();
  recorder.kill("SIGINT");
  await recorded;
  const byPart = report(data, ["--sort", "dso"], 6);
  const bySymbol = report(data, ["--sort", "dso,symbol"], 25);
  rmSync(dir, { recursive: true, force: true });
  return `${byPart}\n\n${bySymbol}`;
}

function report(data: string, how: string[], lines: number): string {
  const { stdout, stderr } = spawnSync(
    "perf",
    ["report", "-q", "--stdio", "--no-children", ...how, "-i", data],
    {
      encoding: "utf8",
      maxBuffer: 64 * 2 ** 20,
    },
  );
  const rows = stdout.split("\n").filter((line) => /^\s+\d/.test(line));
  return rows.length === 0
    ? stderr
    : rows
        .slice(0, lines)
        .map((line) => line.slice(0, 160))
        .join("\n");
}
