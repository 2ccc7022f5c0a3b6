import { SYSTEM_SYMBOL } from "../../../src/protocol/words/symbol.ts";
import type { MadePoint } from "../market/metrics.ts";

/** Processor time of a machine since it started, in ms, all cores together. */
export type CpuTimes = { busyMs: number; idleMs: number };

export type MachineReading = {
  cpu: CpuTimes;
  totalBytes: number;
  freeBytes: number;
  load1: number;
  /** Of this process's event loop since the last reading, in ms. */
  eventLoopDelay: { p50Ms: number; p99Ms: number };
};

/** What one reading after another says of the machine, as points of `_system` at `tsUs`. */
export function machinePoints(
  before: CpuTimes,
  now: MachineReading,
  tsUs: number,
  host: string,
): (MadePoint & { labels: Record<string, string> })[] {
  const busyMs = now.cpu.busyMs - before.busyMs;
  const allMs = busyMs + now.cpu.idleMs - before.idleMs;
  const point = (metric: string, value: number, labels: Record<string, string> = {}) => ({
    metric,
    value,
    symbol: SYSTEM_SYMBOL,
    ts: tsUs,
    labels: { host, ...labels },
  });
  return [
    point("host_cpu_percent", allMs === 0 ? 0 : (100 * busyMs) / allMs),
    point("host_memory_used_bytes", now.totalBytes - now.freeBytes),
    point("host_load1", now.load1),
    point("host_event_loop_delay_ms", now.eventLoopDelay.p50Ms, { quantile: "0.5" }),
    point("host_event_loop_delay_ms", now.eventLoopDelay.p99Ms, { quantile: "0.99" }),
  ];
}
