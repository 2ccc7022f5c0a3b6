import { exponential, type Random } from "./random.ts";

/** Share of trades that another trade has set off. */
const BRANCHING = 0.65;
/** How fast that excitement dies away, a second: half of it is gone after a third of a second. */
const DECAY = 2;

/**
 * Times of trades, in seconds from 0 up to `untilSeconds`, `rate` a second on average. They excite one another (a
 * Hawkes process with an exponential kernel), so they come in bursts, as on a market. Thinning after Ogata (1981).
 */
export function* arrivals(random: Random, rate: number, untilSeconds: number): Generator<number> {
  if (rate <= 0) return;
  const base = rate * (1 - BRANCHING);
  const jump = BRANCHING * DECAY;
  // Begins at the excitement it has on average, or the first second would be too quiet.
  let excitement = rate * BRANCHING;
  let at = 0;
  while (true) {
    const highest = base + excitement;
    const wait = exponential(random, highest);
    at += wait;
    if (at >= untilSeconds) return;
    excitement *= Math.exp(-DECAY * wait);
    if (random() * highest <= base + excitement) {
      excitement += jump;
      yield at;
    }
  }
}
