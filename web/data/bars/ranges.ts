/** How far back metric panels look, and the step of their points: some 170 to 360 points a line. */
export const RANGES = {
  "5m": { rangeUs: 300e6, stepUs: 1e6, step: "1s" },
  "15m": { rangeUs: 900e6, stepUs: 5e6, step: "5s" },
  "1h": { rangeUs: 3_600e6, stepUs: 15e6, step: "15s" },
  "6h": { rangeUs: 21_600e6, stepUs: 60e6, step: "1m" },
  "1d": { rangeUs: 86_400e6, stepUs: 300e6, step: "5m" },
  "7d": { rangeUs: 604_800e6, stepUs: 3_600e6, step: "1h" },
} as const;

export type Range = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as readonly Range[];
