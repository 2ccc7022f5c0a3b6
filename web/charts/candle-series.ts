import type { CandlestickData, ISeriesApi } from "lightweight-charts";

/** So many since all were set are still drawn in no time. */
const MANY_LIVE = 5_000;

/**
 * The candles as two series: those that were there when all were set, and those from the newest of them on. The library makes anew what it draws of each bar of a
 * series whenever one of them changes. The newest changes ten times a second, and with 110,000 bars half of all frames came late by that.
 */
export function createCandleSeries(add: () => ISeriesApi<"Candlestick">) {
  const past = add();
  const live = add();
  // Of a few bars none are drawn as one: what the library keeps of those that were has the places from before older bars came.
  live.applyOptions({ conflationThresholdFactor: 0 });
  /** Index of the first bar of the live series. */
  let liveFrom = 0;
  return {
    /** For what is asked of a series: there is a bar in this one as soon as there is any. */
    live,
    /** Drawn below both. */
    past,
    setAll(candles: readonly CandlestickData[]): void {
      liveFrom = Math.max(0, candles.length - 1);
      past.setData(candles.slice(0, liveFrom));
      live.setData(candles.slice(liveFrom));
    },
    /** Whether a chart of so many bars is better set anew. */
    isLong: (count: number) => count - liveFrom > MANY_LIVE,
    /** The bar at `index`: the newest, the next one, or one before the `newest`. */
    update(candle: CandlestickData, index: number, newest: number): void {
      (index < liveFrom ? past : live).update(candle, index < newest);
    },
    applyOptions(options: Parameters<typeof live.applyOptions>[0]): void {
      past.applyOptions(options);
      live.applyOptions(options);
    },
  };
}
