import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  HistogramSeries,
  type ISeriesApi,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar, Interval } from "../../src/protocol/bar.ts";
import { INTERVAL_SECONDS } from "../../src/protocol/interval.ts";
import { lastAtOrBefore } from "../data/bars.ts";
import { digitsOf, formatPrice } from "../data/format.ts";
import { CANVAS_FONT, colour } from "./theme.ts";

/** So near to the left edge, in bars, older ones are asked for. */
const NEAR_LEFT_EDGE = 60;
/** More changed bars than this are cheaper to set anew. */
const MAX_UPDATES = 50;

export interface CandleChartOptions {
  onNearLeftEdge(): void;
  /** The bar under the crosshair, or null where there is none. */
  onHover(bar: Bar | null): void;
  /** What is visible has moved: whatever lies over the chart must follow. */
  onMoved(): void;
  /** Whether the newest bar is in sight has changed. */
  onNewestVisible(isVisible: boolean): void;
}

export type CandleChart = ReturnType<typeof createCandleChart>;

/** Candles above volume in `container`, until `destroy`. */
export function createCandleChart(container: HTMLElement, options: CandleChartOptions) {
  let bars: readonly Bar[] = [];
  let interval: Interval = "1m";
  /** Between new data and its place on the screen the visible range means nothing. */
  let isSettling = false;
  const up = colour("up");
  const down = colour("down");
  const chart = createChart(container, {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colour("surface") },
      textColor: colour("text-dim"),
      fontFamily: CANVAS_FONT,
      fontSize: 11,
      attributionLogo: true,
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
      minBarSpacing: 0.6,
      tickMarkFormatter: (time: Time, type: TickMarkType) => tickText(Number(time), type, interval),
    },
    localization: { timeFormatter: (time: Time) => timeText(Number(time), interval) },
  });
  const candles: ISeriesApi<"Candlestick"> = chart.addSeries(CandlestickSeries, {
    upColor: up,
    downColor: down,
    wickUpColor: up,
    wickDownColor: down,
    borderVisible: false,
    priceLineColor: colour("text-dim"),
  });
  const volume: ISeriesApi<"Histogram"> = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  const upVolume = colour("up-volume");
  const downVolume = colour("down-volume");

  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (range === null || bars.length === 0 || isSettling) return;
    options.onMoved();
    if (range.from < NEAR_LEFT_EDGE) options.onNearLeftEdge();
    options.onNewestVisible(range.to >= bars.length - 1);
  });
  chart.subscribeCrosshairMove((move) => {
    const index = move.time === undefined ? -1 : lastAtOrBefore(bars, Number(move.time) * 1e6);
    options.onHover(bars[index] ?? null);
  });

  return {
    /** Show `next`, of which the bars from index `changedFrom` on differ from what is shown. */
    setBars(next: readonly Bar[], of: Interval, changedFrom: number): void {
      const isFresh = bars.length === 0 || of !== interval;
      const shown = bars.length;
      // The series takes a bar after its newest or one it has; a bar put in between it must be given all anew.
      const isInserted = next[shown - 1]?.ts !== bars.at(-1)?.ts;
      const isMuch = changedFrom === 0 || next.length - changedFrom > MAX_UPDATES;
      bars = next;
      interval = of;
      if (isFresh || isInserted || isMuch) {
        isSettling = isFresh;
        setPrecision();
        candles.setData(next.map(candleOf));
        volume.setData(next.map(volumeOf));
        if (isFresh) showNewest();
        isSettling = false;
      } else {
        for (let i = changedFrom; i < next.length; i++) {
          const bar = next[i];
          if (bar === undefined) continue;
          const isHistorical = i < shown - 1;
          candles.update(candleOf(bar), isHistorical);
          volume.update(volumeOf(bar), isHistorical);
        }
      }
      options.onMoved();
    },
    /** Where the moment `ts` (microseconds) lies, in pixels from the left edge of the pane; null before it has bars. */
    xOf(ts: number): number | null {
      const index = lastAtOrBefore(bars, ts);
      if (bars.length === 0) return null;
      const bar = bars[index];
      const lengthUs = INTERVAL_SECONDS[interval] * 1e6;
      // Time within a bar moves within its slot; time without bars takes no room on this axis.
      const within = bar === undefined ? -0.5 : Math.min(1, (ts - bar.ts) / lengthUs) - 0.5;
      const spacing = chart.timeScale().options().barSpacing;
      const x = chart.timeScale().logicalToCoordinate(Math.max(0, index) as never);
      return x === null ? null : x + within * spacing;
    },
    paneWidth: () => chart.timeScale().width(),
    showNewest,
    destroy: () => chart.remove(),
  };

  function setPrecision(): void {
    const digits = digitsOf(bars.slice(-50).flatMap((bar) => [bar.open, bar.close]));
    chart.applyOptions({
      localization: { priceFormatter: (price: number) => formatPrice(price, digits) },
    });
    candles.applyOptions({
      priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits },
    });
  }

  function showNewest(): void {
    const fitting = Math.max(30, Math.floor(container.clientWidth / 9));
    chart.timeScale().setVisibleLogicalRange({
      from: bars.length - Math.min(bars.length + 4, fitting),
      to: bars.length + 5,
    });
    candles.priceScale().applyOptions({ autoScale: true });
  }

  function candleOf(bar: Bar) {
    const { open, high, low, close } = bar;
    return { time: timeOf(bar), open, high, low, close };
  }

  function volumeOf(bar: Bar) {
    const color = bar.close >= bar.open ? upVolume : downVolume;
    return { time: timeOf(bar), value: bar.volume, color };
  }
}

function timeOf(bar: Bar): UTCTimestamp {
  return (bar.ts / 1e6) as UTCTimestamp;
}

// Bars of a day begin at midnight UTC and are named by that day; within a day people read their own clock.
const DAY = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  day: "numeric",
  month: "short",
  year: "numeric",
});
const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const TICKS: { [T in TickMarkType]: Intl.DateTimeFormatOptions } = {
  [TickMarkType.Year]: { year: "numeric" },
  [TickMarkType.Month]: { month: "short" },
  [TickMarkType.DayOfMonth]: { day: "numeric", month: "short" },
  [TickMarkType.Time]: { hour: "2-digit", minute: "2-digit" },
  [TickMarkType.TimeWithSeconds]: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};
const tickFormats = new Map<string, Intl.DateTimeFormat>();

function timeText(seconds: number, interval: Interval): string {
  return (interval === "1d" ? DAY : MOMENT).format(seconds * 1_000);
}

function tickText(seconds: number, type: TickMarkType, interval: Interval): string {
  const key = `${type} ${interval === "1d"}`;
  let format = tickFormats.get(key);
  if (format === undefined) {
    const zone = interval === "1d" ? { timeZone: "UTC" } : {};
    format = new Intl.DateTimeFormat("en-GB", { ...TICKS[type], ...zone });
    tickFormats.set(key, format);
  }
  return format.format(seconds * 1_000);
}
