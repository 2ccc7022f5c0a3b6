import type { Span } from "./ranges.ts";

/** From one moment to another, in microseconds. */
export interface TimeWindow {
  fromUs: number;
  toUs: number;
}

/** What candles show, and so what the panels below them do. */
export interface InSight extends TimeWindow {
  /** The newest bar is: what comes is shown too. */
  isNewest: boolean;
}

/** The window moved by a share of its width: 1 is the window after this one. */
export function panned({ fromUs, toUs }: TimeWindow, share: number): TimeWindow {
  const by = (toUs - fromUs) * share;
  return { fromUs: fromUs + by, toUs: toUs + by };
}

/** The window `factor` times as wide, with what is at `share` of its width in its place. */
export function zoomed({ fromUs, toUs }: TimeWindow, share: number, factor: number): TimeWindow {
  const at = fromUs + (toUs - fromUs) * share;
  return { fromUs: at - (at - fromUs) * factor, toUs: at + (toUs - at) * factor };
}

/** Half a width on either side is loaded too, so that a little scrolling shows no edge. */
const MARGIN = 0.5;
/** Points lie so far apart that they suit a window up to so much wider or narrower. */
const SUITS = 2;
/** What lies so many widths behind is not kept. */
const FAR_BEHIND = 4;

/** The points that the window wants, or null where `loaded` has them, close enough together. */
export function spanToLoad(inSight: InSight, loaded: Span | null): Span | null {
  const { fromUs, toUs, isNewest } = inSight;
  const widthUs = toUs - fromUs;
  if (loaded !== null && loaded.fromUs !== null) {
    const hasAll =
      fromUs >= loaded.fromUs &&
      (loaded.toUs === null || (!isNewest && toUs <= loaded.toUs)) &&
      fromUs - loaded.fromUs <= FAR_BEHIND * widthUs;
    const ratio = (loaded.rangeUs / widthUs) * (1 / (1 + 2 * MARGIN));
    if (hasAll && ratio <= SUITS && ratio >= 1 / SUITS) return null;
  }
  return {
    fromUs: Math.floor(fromUs - widthUs * MARGIN),
    rangeUs: Math.ceil(widthUs * (1 + 2 * MARGIN)),
    toUs: isNewest ? null : Math.ceil(toUs + widthUs * MARGIN),
    stepUs: null,
  };
}

/** Where the newest bar is in sight the newest points are too: they may be later, as after a market has closed. */
export function withNewest(inSight: InSight, newestUs: number): InSight {
  return inSight.isNewest && newestUs > inSight.toUs ? { ...inSight, toUs: newestUs } : inSight;
}

/** All points within the window. */
export function spanOf({ fromUs, toUs }: TimeWindow): Span {
  return { fromUs, rangeUs: toUs - fromUs, toUs, stepUs: null };
}

/** What of a span is in sight where no candles say that; null: no span is chosen. The newest points are at `newestUs`. */
export function windowOf(span: Span | null, newestUs: number): TimeWindow | null {
  if (span === null) return null;
  const { fromUs, rangeUs, toUs } = span;
  return fromUs === null ? lastOf(newestUs, rangeUs) : { fromUs, toUs: toUs ?? newestUs };
}

/** The last `rangeUs`. The newest points stand clear of the edge, or a dot there would be cut in half. */
export function lastOf(newestUs: number, rangeUs: number): TimeWindow {
  return { fromUs: newestUs - rangeUs, toUs: newestUs + rangeUs / 100 };
}
