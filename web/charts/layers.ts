/** Lines that are worked out of the bars: means of so many closes, and the price of the day by volume. */
export const INDICATORS = { "Average 20": 20, "Average 50": 50, VWAP: null } as const;
export type IndicatorName = keyof typeof INDICATORS;
export const INDICATOR_NAMES = Object.keys(INDICATORS) as readonly IndicatorName[];

const OF_PRICES = ["Volume", "Last price", "Holes"] as const;

/** What may be left off the chart of candles, by the words of the page and by what its feed keeps. */
export const LAYERS = {
  prices: [...OF_PRICES, ...INDICATOR_NAMES],
  all: ["Volume", "Last price", "Positions", "Orders", "Notes", "Holes", ...INDICATOR_NAMES],
} as const;
/** A scale by powers is chosen as layers are, and kept with them. */
export type Layer = (typeof LAYERS)["all"][number] | "Log";
