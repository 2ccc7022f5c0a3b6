/** How often a process has died young in a row. */
export type QuickDeaths = { count: number };

export const NO_DEATHS: QuickDeaths = { count: 0 };

export type RestartDecision =
  | { kind: "restart"; delayMs: number; deaths: QuickDeaths }
  | { kind: "give up"; deaths: QuickDeaths };

/** A process that lived so long was well; its death is the first of a new row. In ms. */
const STABLE_MS = 10_000;
/** Deaths in a row after which a human must look. */
const MOST_QUICK_DEATHS = 6;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 3_000;

/**
 * What to do about a process that ended after `aliveMs`: restart at once, later, or, where `mayGiveUp` says that it is
 * of no use to go on without it, not at all.
 */
export function afterDeath(
  deaths: QuickDeaths,
  aliveMs: number,
  mayGiveUp: boolean,
): RestartDecision {
  const count = aliveMs >= STABLE_MS ? 1 : deaths.count + 1;
  if (mayGiveUp && count >= MOST_QUICK_DEATHS) return { kind: "give up", deaths: { count } };
  const delayMs = count === 1 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 3 ** (count - 2));
  return { kind: "restart", delayMs, deaths: { count } };
}
