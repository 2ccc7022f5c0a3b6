import { readFileSync } from "node:fs";
import { cpus, freemem, loadavg, totalmem } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MachineReading } from "./machine.ts";

const RESOLUTION_MS = 10;

/** Begins to watch this machine; each call of the answer reads it once. */
export function watchMachine(): () => MachineReading {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return () => {
    const reading = read(delay);
    delay.reset();
    return reading;
  };
}

function read(delay: ReturnType<typeof monitorEventLoopDelay>): MachineReading {
  let busyMs = 0;
  let idleMs = 0;
  for (const { times } of cpus()) {
    busyMs += times.user + times.nice + times.sys + times.irq;
    idleMs += times.idle;
  }
  return {
    cpu: { busyMs, idleMs },
    totalBytes: totalmem(),
    freeBytes: availableBytes(),
    load1: loadavg()[0] ?? 0,
    eventLoopDelay: {
      p50Ms: delayMs(delay.percentile(50)),
      p99Ms: delayMs(delay.percentile(99)),
    },
  };
}

/** The histogram holds the time from tick to tick, which without any delay is the resolution itself. In ns. */
function delayMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}

/** Linux counts its caches as used; what programs could have is MemAvailable (proc_meminfo(5)). */
function availableBytes(): number {
  try {
    const match = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"));
    return match === null ? freemem() : Number(match[1]) * 1_024;
  } catch {
    return freemem();
  }
}
