/** What has changed since the last paint, in one mask. */
export const DIRTY = {
  /** Some of the newest bars. */
  bars: 1,
  /** All bars: another interval, or older ones in front. */
  allBars: 2,
  trades: 4,
  panels: 8,
  gaps: 16,
  status: 32,
  positions: 64,
  book: 128,
  orders: 256,
  notes: 512,
  /** What fires may be something else. */
  alerts: 1024,
} as const;

export type Dirty = number;
