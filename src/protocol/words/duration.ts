const UNIT_US: Readonly<Record<string, number>> = {
  ...{ ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000, d: 86_400_000_000 },
};

/** Microseconds of a length in a document, such as `30s` or `5m`; null where it is none, or nothing. */
export function lengthUs(text: string): number | null {
  const [, count, unit = ""] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const us = Number(count) * (UNIT_US[unit] ?? 0);
  return us > 0 ? us : null;
}
