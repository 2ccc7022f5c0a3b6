/** Lengths in microseconds. */
export const MINUTE_US = 60_000_000;
export const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;

const UNIT_US: Readonly<Record<string, number>> = {
  ms: 1_000,
  s: 1_000_000,
  m: MINUTE_US,
  min: MINUTE_US,
  h: HOUR_US,
  d: DAY_US,
  w: 7 * DAY_US,
};

/**
 * Microseconds of a duration such as `250ms`, `10s`, `5m`, `4h`, `1d` or `1w`, or of whole seconds (`60`); null where it is none.
 * Capitals mean the same, as pandas writes them, but for `M`, which is a month elsewhere.
 */
export function readDurationUs(text: string): number | null {
  const [, count, unit = "s"] = /^(\d{1,9})([A-Za-z]+)?$/.exec(text) ?? [];
  const unitUs = unit === "M" ? undefined : UNIT_US[unit.toLowerCase()];
  if (count === undefined || unitUs === undefined) return null;
  const us = Number(count) * unitUs;
  return us > 0 ? us : null;
}

/**
 * Steps that are chosen, in milliseconds. Those from a minute on are whole minutes and those from an hour on whole hours,
 * as rollups are.
 */
const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 4, 6, 12].map((hours) => hours * 3_600_000),
  ...[1, 2].map((days) => days * 86_400_000),
];
const WEEK_MS = 604_800_000;

/**
 * The smallest step, in microseconds, that shows `spanUs` in at most `points` points (one more where the range begins
 * inside a bucket). Beyond a few days it is whole weeks.
 */
export function chooseStepUs(spanUs: number, points: number): number {
  const longEnough = (stepMs: number) => spanUs / (stepMs * 1_000) <= points;
  const weeks = Math.ceil(spanUs / 1_000 / points / WEEK_MS);
  return (STEPS_MS.find(longEnough) ?? weeks * WEEK_MS) * 1_000;
}

/** Start of the bucket of this length that holds the moment; right before 1970 too. */
export function floorUs(us: number, lengthUs: number): number {
  return Math.floor(us / lengthUs) * lengthUs;
}
