import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";

/** Fewer 1 m bars than this do not make a picture. */
const FEW_BARS = 24;
const DAY_US = 86_400_000_000;

/** With no more trades a bar than this shorter bars would be lines with holes between them. */
const FEW_TRADES = 2;

/**
 * The interval for a symbol nobody has chosen one for, from its 1 m bars: finer where it is only minutes old and trades often, a day
 * where it trades once a day or so, as recorded prices do.
 */
export function suggestInterval(minuteBars: readonly Bar[]): Interval {
  const first = minuteBars[0];
  const last = minuteBars.at(-1);
  if (first === undefined || last === undefined) return "1m";
  const spanUs = last.ts - first.ts;
  if (minuteBars.length >= 3 && spanUs / minuteBars.length > DAY_US / 8) return "1d";
  const trades = minuteBars.reduce((sum, bar) => sum + (bar.trades ?? 0), 0);
  if (minuteBars.length >= FEW_BARS || trades <= FEW_TRADES * minuteBars.length) return "1m";
  return minuteBars.length >= 8 ? "5s" : "1s";
}
