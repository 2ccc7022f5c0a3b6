import type { Bar } from "../../../src/protocol/events/bar.ts";
import { lastAtOrBefore } from "./bars.ts";
import type { TimeWindow } from "./time-window.ts";

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

/**
 * The middles of the first and of the last place that show a window and nothing more; null where no bar is in it. Of a window within
 * one bar that is one place.
 */
export function placesShowing(
  axis: BarAxis,
  { fromUs, toUs }: TimeWindow,
): { from: number; to: number } | null {
  const [left, right] = [placeOf(axis, fromUs), placeOf(axis, toUs)];
  if (left === null || right === null || left >= right) return null;
  const middle = (left + right) / 2;
  return { from: Math.min(left + 0.5, middle), to: Math.max(right - 0.5, middle) };
}

/** The moment that lies at `place`; null without bars. */
export function momentAt({ bars, lengthUs }: BarAxis, place: number): number | null {
  const index = Math.min(bars.length - 1, Math.max(0, Math.floor(place + 0.5)));
  const bar = bars[index];
  return bar === undefined ? null : bar.ts + (place + 0.5 - index) * lengthUs;
}
