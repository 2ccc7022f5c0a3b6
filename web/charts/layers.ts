/** What may be left off the chart of candles, by the words of the page. */
export const LAYERS = ["Volume", "Last price", "Positions", "Orders", "Notes", "Holes"] as const;
export type Layer = (typeof LAYERS)[number];
