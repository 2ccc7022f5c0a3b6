const UNIT_US = {
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
} as const;

/** Microseconds of a duration such as `250ms`, `10s`, `5m`, `4h` or `1d`; null where it is none. */
export function readDurationUs(text: string): number | null {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return null;
  const us = Number(match[1]) * UNIT_US[match[2] as keyof typeof UNIT_US];
  return us > 0 ? us : null;
}

/** Steps a chart can have, in seconds: each a multiple of one before it. */
const STEPS_S = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 604_800];

/** The smallest step that shows `spanUs` in at most `points` points. */
export function chooseStepUs(spanUs: number, points: number): number {
  const found = STEPS_S.find((seconds) => spanUs / (seconds * 1_000_000) <= points);
  const week = 604_800;
  const seconds = found ?? Math.ceil(spanUs / 1_000_000 / points / week) * week;
  return seconds * 1_000_000;
}
