import { Gate, type GateClock } from "./gate.ts";

export interface QueryLimits {
  /** Most heavy queries that run at once; 0 = no limit. */
  running: number;
  /** Most of those for one reader; 0 = no limit. */
  runningPerReader: number;
  /** Most requests that wait for a place, and most of those for one reader. */
  waiting: number;
  waitingPerReader: number;
}

/** Who asks; null is nobody in particular, and counts in all alone. */
type Reader = string | null;

/**
 * Lets a few heavy queries run at once and has a few more wait, so that readers leave the database and the thread to those
 * who store.
 */
export function queryGate(limits: QueryLimits, clock: GateClock): Gate<Reader> {
  const rules = {
    fits: (reader: Reader, running: readonly Reader[]) =>
      isBelow(running.length, limits.running) &&
      (reader === null || isBelow(countOf(running, reader), limits.runningPerReader)),
    mayWait: (reader: Reader, waiting: readonly Reader[]) =>
      waiting.length < limits.waiting &&
      (reader === null || countOf(waiting, reader) < limits.waitingPerReader),
    ...{ isInOrder: false, leaseMs: 60_000, lookAgainMs: 25 },
  };
  return new Gate(rules, clock);
}

function isBelow(count: number, limit: number): boolean {
  return limit === 0 || count < limit;
}

function countOf(readers: readonly Reader[], reader: string): number {
  return readers.filter((one) => one === reader).length;
}
