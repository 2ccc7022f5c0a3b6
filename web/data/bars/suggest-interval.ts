import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";

/** Fewer 1 m bars than this do not make a picture. */
const FEW_BARS = 24;
const DAY_US = 86_400_000_000;

/**
 * The interval for a symbol nobody has chosen one for, from its 1 m bars: finer where it is only minutes old, a day
 * where it trades once a day or so, as recorded prices do.
 */
export function suggestInterval(minuteBars: readonly Bar[]): Interval {
  const first = minuteBars[0];
  const last = minuteBars.at(-1);
  if (first === undefined || last === undefined) return "1m";
  const spanUs = last.ts - first.ts;
  if (minuteBars.length >= 3 && spanUs / minuteBars.length > DAY_US / 8) return "1d";
  if (minuteBars.length >= FEW_BARS) return "1m";
  return minuteBars.length >= 8 ? "5s" : "1s";
}
