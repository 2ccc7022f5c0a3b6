/** What may be left off the chart of candles, by the words of the page and by what its feed keeps. */
export const LAYERS = {
  prices: ["Volume", "Last price", "Holes"],
  all: ["Volume", "Last price", "Positions", "Orders", "Notes", "Holes"],
} as const;
export type Layer = (typeof LAYERS)["all"][number];
