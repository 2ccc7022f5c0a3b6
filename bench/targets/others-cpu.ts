import { readFileSync } from "node:fs";
import { wait } from "./target.ts";

const TICKS_PER_SECOND = 100;
const WATCHED_MS = 1_500;

/** Cores that are busy while the bench does nothing: other programs, whose share is in every figure taken now. */
export async function othersCores(): Promise<number> {
  const before = busyTicks();
  const startMs = performance.now();
  await wait(WATCHED_MS);
  const seconds = (performance.now() - startMs) / 1_000;
  return (busyTicks() - before) / TICKS_PER_SECOND / seconds;
}

/** user, nice, system, irq, softirq and steal of all cores (proc(5)). */
function busyTicks(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}
