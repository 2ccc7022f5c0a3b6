import { type ISeriesApi, LineStyle } from "lightweight-charts";

/** A line across the chart; `name` tells it from the others. */
export interface PriceLine {
  name: string;
  /** As the chart is given prices. */
  price: number;
  color: string;
  title: string;
}

/** Draws the wanted lines on `candles`, and takes away those that are wanted no more. */
export function createPriceLines(candles: ISeriesApi<"Candlestick">) {
  let drawn = new Map<
    string,
    { wanted: string; line: ReturnType<typeof candles.createPriceLine> }
  >();
  return (lines: readonly PriceLine[]): void => {
    const next: typeof drawn = new Map();
    for (const { name, ...look } of lines) {
      const wanted = JSON.stringify(look);
      const before = drawn.get(name);
      const options = { ...look, lineWidth: 1, lineStyle: LineStyle.Dashed } as const;
      // Each change draws the whole chart.
      if (before !== undefined && before.wanted !== wanted) before.line.applyOptions(options);
      next.set(name, { wanted, line: before?.line ?? candles.createPriceLine(options) });
    }
    for (const [name, { line }] of drawn) if (!next.has(name)) candles.removePriceLine(line);
    drawn = next;
  };
}
