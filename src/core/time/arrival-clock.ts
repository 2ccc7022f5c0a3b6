import type { EpochUs } from "../../protocol/words/time.ts";

/** Longer than any clock stands still, in microseconds: one that is so far behind was turned back. */
const TURNED_BACK_US = 100_000;

/**
 * The moment of each arrival, no two of them the same: the runtime's clock moves in steps of some milliseconds, and two points
 * of a series at one moment would be one (INV-9).
 */
export function arrivalClock(nowUs: () => number): () => EpochUs {
  let latestUs = 0;
  return () => {
    const readUs = nowUs();
    const stands = readUs <= latestUs && latestUs - readUs < TURNED_BACK_US;
    latestUs = stands ? latestUs + 1 : readUs;
    return latestUs as EpochUs;
  };
}
