import type { Bar } from "../../../src/protocol/events/bar.ts";
import { lastAtOrBefore } from "./bars.ts";

/**
 * The axis of candles: bar `i` has the place from i - 0.5 to i + 0.5, and time without bars has none. So a moment within a bar lies within
 * its place, and one between two bars at the end of the first. Before the first bar and after the last the axis goes on as if bars did.
 */
export interface BarAxis {
  bars: readonly Bar[];
  /** How long a bar is, in microseconds. */
  lengthUs: number;
}

/** Where the moment `ts` lies on the axis; null without bars. */
export function placeOf({ bars, lengthUs }: BarAxis, ts: number): number | null {
  const index = Math.max(0, lastAtOrBefore(bars, ts));
  const bar = bars[index];
  if (bar === undefined) return null;
  const within = (ts - bar.ts) / lengthUs;
  return index - 0.5 + (index === bars.length - 1 ? within : Math.min(1, within));
}

/** The moment that lies at `place`; null without bars. */
export function momentAt({ bars, lengthUs }: BarAxis, place: number): number | null {
  const index = Math.min(bars.length - 1, Math.max(0, Math.floor(place + 0.5)));
  const bar = bars[index];
  return bar === undefined ? null : bar.ts + (place + 0.5 - index) * lengthUs;
}
