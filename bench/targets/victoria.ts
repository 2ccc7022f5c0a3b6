import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endChild } from "./end-child.ts";
import { freePort } from "./free-port.ts";
import { type Target, wait } from "./target.ts";

const PROGRAM = "victoria-metrics";
const TRIES = 100;

/** Starts VictoriaMetrics as Debian packages it, on loopback; null where it is not installed. */
export async function startVictoria(): Promise<Target | null> {
  try {
    execFileSync("which", [PROGRAM], { stdio: "ignore" });
  } catch {
    return null;
  }
  const dir = mkdtempSync(join(tmpdir(), "edgetape-bench-victoria-"));
  const port = await freePort();
  const options = [`-storageDataPath=${dir}`, `-httpListenAddr=127.0.0.1:${port}`];
  const child = spawn(PROGRAM, options, { stdio: "ignore" });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  await untilHealthy(port);
  return {
    name: "VictoriaMetrics",
    port,
    workerdPid: child.pid ?? 0,
    stop: async () => {
      process.off("exit", kill);
      await endChild(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function untilHealthy(port: number): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    if (answer?.status === 200) return;
    await wait(100);
  }
  throw new Error("VictoriaMetrics did not start");
}
