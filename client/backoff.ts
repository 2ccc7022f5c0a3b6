/** Shortest and longest wait before a new attempt, in ms (DESIGN "Backoff"). */
const FLOOR_MS = 500;
const CAP_MS = 30_000;

/**
 * How long to wait before attempt number `failures + 1`, in ms: anywhere between half a second and a ceiling that
 * doubles with every failure in a row up to 30 s. The jitter spans the whole range, so that a thousand viewers cut off
 * by one deploy do not come back as one wave. `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  const ceilingMs = Math.min(CAP_MS, FLOOR_MS * 2 ** Math.min(Math.max(failures, 1), 16));
  return Math.round(FLOOR_MS + random * (ceilingMs - FLOOR_MS));
}
