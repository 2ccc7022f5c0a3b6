/**
 * Exponential backoff with full jitter: a random wait in `[0, min(capMs, baseMs * 2^attempt))`. Source: M. Brooker,
 * "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. `random` gives numbers in [0, 1).
 */
export function fullJitterMs(
  attempt: number,
  range: { baseMs: number; capMs: number },
  random: () => number,
): number {
  return Math.floor(random() * Math.min(range.capMs, range.baseMs * 2 ** Math.min(attempt, 30)));
}
