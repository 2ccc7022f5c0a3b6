import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  type IChartApiBase,
  type ISeriesApi,
  type Time,
} from "lightweight-charts";
import { CANVAS_FONT, colour } from "./theme.ts";

/** How the chart of candles looks, in the colours of the page. */
export function chartOptions() {
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colour("surface") } as const,
      textColor: colour("text-dim"),
      fontFamily: CANVAS_FONT,
      fontSize: 11,
      // It brings a style element of its own, which a strict Content-Security-Policy refuses: candle-pane.tsx has the link.
      attributionLogo: false,
    },
    grid: {
      vertLines: { color: colour("grid") },
      horzLines: { color: colour("grid") },
    },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: colour("text-faint"), labelBackgroundColor: colour("raised") },
      horzLine: { color: colour("text-faint"), labelBackgroundColor: colour("raised") },
    },
    rightPriceScale: { borderColor: colour("line"), scaleMargins: { top: 0.08, bottom: 0.24 } },
    timeScale: {
      borderColor: colour("line"),
      timeVisible: true,
      secondsVisible: true,
      rightOffset: 6,
      barSpacing: 8,
      // The chart has a limit of its own.
      minBarSpacing: 0.001,
      // Of bars narrower than a pixel several are drawn as one.
      enableConflation: true,
    },
  };
}

/** The candles; volume is drawn below them. */
export function addCandles(chart: IChartApiBase<Time>): ISeriesApi<"Candlestick"> {
  const [up, down] = [colour("up"), colour("down")];
  return chart.addSeries(CandlestickSeries, {
    upColor: up,
    downColor: down,
    wickUpColor: up,
    wickDownColor: down,
    borderVisible: false,
    // Both would follow the last bar in sight; the line of our own stays at the last price.
    lastValueVisible: false,
    priceLineVisible: false,
  });
}
