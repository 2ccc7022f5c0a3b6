/** What the panels of metrics have the points of. */
export interface Span {
  /** Null: `rangeUs` before the newest point. */
  fromUs: number | null;
  rangeUs: number;
  /** Exclusive; null: what comes is added. */
  toUs: number | null;
  /** How far apart points are; null: as far as suits `rangeUs`. */
  stepUs: number | null;
}

/** How far back metric panels look, and the step of their points: some 170 to 360 points a line. */
export const RANGES = {
  "5m": { fromUs: null, rangeUs: 300e6, toUs: null, stepUs: 1e6 },
  "15m": { fromUs: null, rangeUs: 900e6, toUs: null, stepUs: 5e6 },
  "1h": { fromUs: null, rangeUs: 3_600e6, toUs: null, stepUs: 15e6 },
  "6h": { fromUs: null, rangeUs: 21_600e6, toUs: null, stepUs: 60e6 },
  "1d": { fromUs: null, rangeUs: 86_400e6, toUs: null, stepUs: 300e6 },
  "7d": { fromUs: null, rangeUs: 604_800e6, toUs: null, stepUs: 3_600e6 },
} as const satisfies Record<string, Span>;

export type Range = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as readonly Range[];
