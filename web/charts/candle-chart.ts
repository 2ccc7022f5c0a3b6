import {
  createChartEx,
  type IHorzScaleBehavior,
  type Logical,
  PriceScaleMode,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar, Interval } from "../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../src/protocol/words/interval.ts";
import { momentAt, placeOf, placesShowing } from "../data/bars/bar-places.ts";
import { lastAtOrBefore } from "../data/bars/bars.ts";
import type { TimeWindow } from "../data/bars/time-window.ts";
import type { ChartMark } from "../data/tables/chart-marks.ts";
import type { Entry } from "../data/tables/positions.ts";
import type { ZoneId } from "../data/times/times.ts";
import { type Digits, NO_DIGITS } from "../data/words/digits.ts";
import { formatPrice } from "../data/words/format.ts";
import { addCandles, chartOptions } from "./candle-look.ts";
import { createCandleSeries } from "./candle-series.ts";
import { createEventMarks } from "./event-marks.ts";
import { createHoleMarks } from "./hole-marks.ts";
import { createIndicatorLines } from "./indicator-lines.ts";
import type { Layer } from "./layers.ts";
import { createPriceLines, type PriceLine } from "./price-lines.ts";
import { shifted, shiftFor } from "./price-shift.ts";
import type { SharedAxis } from "./shared-axis.ts";
import { colour } from "./theme.ts";
import { momentText, timeAxisOf } from "./time-axis.ts";
import { createVolumeBars } from "./volume-bars.ts";
import { type PlaceRange, stopAt } from "./widest-range.ts";

/** So near to the left edge, in bars, older ones are asked for; where more are in sight, so many widths of them. */
const NEAR_LEFT_EDGE = 60;
const NEAR_LEFT_EDGE_WIDTHS = 0.5;
/** More changed bars than this are cheaper to set anew. */
const MAX_UPDATES = 50;
/** How narrow bars get where there are few of them, in pixels. Where there are more, all of them fit. */
const NARROW_PX = 0.6;
/** The library's range goes from the middle of its first bar to that of its last, and shows both of them whole. */
const HALF = 0.5;
/** Fewer would be slabs rather than bars. */
const LEAST_PLACES = 30;
/** All bars there are take at least so much of the width, so that older ones have a place to come to. */
const FILLED_SHARE = 0.9;

export interface CandleChartOptions {
  zone: ZoneId;
  axis: SharedAxis;
  onNearLeftEdge(): void;
  /** How far the words over the chart reach down from its head. */
  headPx(): number;
  /** The bar under the crosshair, or null where there is none. */
  onHover(bar: Bar | null): void;
  /** Whether something else than the newest is awaited, so that nobody is to follow what is in sight first. */
  isAwaiting(): boolean;
  /** Whether bars go back to a moment. */
  isReached(fromUs: number): boolean;
  /** What is visible has moved: whatever lies over the chart must follow. */
  onMoved(): void;
  /** Whether the newest bar is in sight has changed. */
  onNewestVisible(isVisible: boolean): void;
}

/** What the chart shows. */
export interface CandleData {
  bars: readonly Bar[];
  interval: Interval;
  /** Bars from this index on differ from what is shown. */
  changedFrom: number;
  /** The last price there is, wherever one has scrolled to. */
  last: number | null;
  digits: Digits;
  /** What was paid for what is held. */
  entries: readonly Entry[];
  /** In time. */
  marks: readonly ChartMark[];
}

export type CandleChart = ReturnType<typeof createCandleChart>;

/** Candles above volume in `container`, until `destroy`. */
export function createCandleChart(container: HTMLElement, options: CandleChartOptions) {
  let bars: readonly Bar[] = [];
  let interval: Interval = "1m";
  let digits = NO_DIGITS;
  /** The chart is given prices times ten to this power. */
  let shift = 0;
  let off: ReadonlySet<Layer> = new Set();
  let shown: CandleData | null = null;
  /** Between new data and its place on the screen the visible range means nothing. */
  let isSettling = false;
  /** Where the pointer is, in pixels from the head of the pane; null: on no candles. */
  let pointedY: number | null = null;
  /** Prices that are not have no logarithm. */
  let isPositive = true;
  /** What was in sight last, and was not too wide. */
  let allowed: PlaceRange | null = null;
  /** The library moves in its next frame, and until then its range is that of before: 0 where it has. */
  let moving = 0;
  const [up, down, ofEntry] = [colour("up"), colour("down"), colour("accent")];
  const { axis } = options;
  const chart = createChartEx<Time, IHorzScaleBehavior<Time>>(
    container,
    timeAxisOf(() => interval, options.zone),
    {
      ...chartOptions(),
      localization: {
        timeFormatter: (time: Time) => momentText(Number(time), interval, options.zone),
        priceFormatter: (price: number) => formatPrice(shifted(price, -shift), digits),
      },
    },
  );
  const candles = createCandleSeries(() => addCandles(chart));
  const volume = createVolumeBars(chart);
  candles.past.attachPrimitive(volume.primitive);
  const holes = createHoleMarks(chart);
  candles.past.attachPrimitive(holes.primitive);
  const events = createEventMarks({
    // What was before the oldest bar has no place yet.
    x: (ts) => (ts < (bars[0]?.ts ?? Number.POSITIVE_INFINITY) ? null : xOf(ts)),
    fromUs: () => {
      const range = chart.timeScale().getVisibleLogicalRange();
      return range && momentAt(places(), range.from - 1);
    },
    y: (price) => candles.live.priceToCoordinate(shifted(price, shift)),
    spacing,
  });
  const indicators = createIndicatorLines(chart, {
    // Bars of a day begin at midnight UTC.
    zone: () => (interval === "1d" ? "UTC" : options.zone),
    isReached: options.isReached,
    yOf: (price) => candles.live.priceToCoordinate(shifted(price, shift)),
  });
  candles.live.attachPrimitive(indicators.primitive);
  candles.live.attachPrimitive(events.primitive);
  // Its words stand over the marks.
  const setLines = createPriceLines(candles.live, options.headPx);

  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    const stop = range && stopAt(allowed ?? range, range, mostPlaces());
    if (stop === null) {
      allowed = range;
      if (!isSettling && moving === 0) tellMoved();
    } else {
      // Nobody sees what was too wide: the library moves before it draws.
      chart.timeScale().setVisibleLogicalRange(stop);
    }
  });
  chart.subscribeCrosshairMove(({ time, logical, point, sourceEvent }) => {
    pointedY = point?.y ?? null;
    const index = time === undefined ? -1 : lastAtOrBefore(bars, Number(time) * 1e6);
    options.onHover(bars[index] ?? null);
    // What the panels have pointed at they know.
    if (sourceEvent === undefined && time !== undefined) return;
    axis.pointed.say(chart, logical === undefined ? null : momentAt(places(), logical));
  });
  const stops = [
    axis.pointed.hear(chart, (ts) => {
      const place = ts === null ? null : placeOf(places(), ts);
      const bar = place === null ? undefined : bars[Math.round(place)];
      if (bar === undefined) chart.clearCrosshairPosition();
      else chart.setCrosshairPosition(shifted(bar.close, shift), timeOf(bar), candles.live);
      // The library tells of the pointer alone.
      options.onHover(bar ?? null);
    }),
    axis.wanted.hear(chart, showWindow),
  ];

  return {
    show(next: CandleData): void {
      const isFresh = bars.length === 0 || next.interval !== interval;
      const before = bars.length;
      // The series takes a bar after its newest or one it has; a bar put in between it must be given all anew.
      const isInserted = next.bars[before - 1]?.ts !== bars.at(-1)?.ts;
      const isMuch = next.changedFrom === 0 || next.bars.length - next.changedFrom > MAX_UPDATES;
      // Of bars drawn as one it takes the newest alone.
      const isWithin = next.changedFrom < before - 1 && spacing() * devicePixelRatio < 1;
      const isRescaled = setDigits(next.digits);
      const isLong = candles.isLong(next.bars.length);
      const isAnew = isFresh || isInserted || isMuch || isWithin || isRescaled || isLong;
      bars = next.bars;
      interval = next.interval;
      if (isAnew) {
        isSettling = isFresh;
        candles.setAll(bars.map(candleOf));
        if (isFresh) showNewest();
        isSettling = false;
      } else {
        for (let i = next.changedFrom; i < bars.length; i++) {
          const bar = bars[i];
          if (bar === undefined) continue;
          candles.update(candleOf(bar), i, before - 1);
        }
      }
      volume.setBars(bars);
      holes.setBars(bars, INTERVAL_SECONDS[interval] * 1e6, isAnew);
      indicators.setBars(bars, next.changedFrom);
      isPositive = bars.slice(isPositive ? next.changedFrom : 0).every(({ low }) => low > 0);
      shown = next;
      showLayers();
      tellInSight();
      options.onMoved();
    },
    /** Show all layers but these. */
    leaveOff(next: ReadonlySet<Layer>): void {
      off = next;
      volume.setShown(!off.has("Volume"));
      holes.setShown(!off.has("Holes"));
      indicators.leaveOff(off);
      showLayers();
    },
    /** Whether prices can have a scale by powers. */
    isPositive: () => isPositive,
    indicatorsAt: (bar: Bar) => indicators.at(lastAtOrBefore(bars, bar.ts)),
    /** The price that the pointer is at. */
    pointedPrice(): number | null {
      const price = pointedY === null ? null : candles.live.coordinateToPrice(pointedY);
      return price && shifted(price, -shift);
    },
    xOf,
    paneWidth: () => chart.timeScale().width(),
    showNewest,
    showWindow,
    destroy(): void {
      for (const stop of stops) stop();
      cancelAnimationFrame(moving);
      chart.remove();
    },
  };

  /** Steps of the axis no finer than those of the instrument. True where all prices must be given anew. */
  function setDigits(next: Digits): boolean {
    if (next === digits) return false;
    digits = next;
    const before = shift;
    shift = shiftFor(digits.largest);
    const decimals = Math.min(12, Math.max(shift === 0 ? 2 : 0, digits.decimals - shift));
    candles.applyOptions({
      priceFormat: {
        type: "custom",
        minMove: 10 ** -decimals,
        formatter: (price: number) => formatPrice(shifted(price, -shift), digits),
      },
    });
    return shift !== before;
  }

  function showLayers(): void {
    if (shown === null) return;
    const mode = PriceScaleMode[isPositive && !off.has("Log") ? "Logarithmic" : "Normal"];
    const scale = candles.live.priceScale();
    if (scale.options().mode !== mode) scale.applyOptions({ mode });
    setLines(linesOf(shown));
    events.setMarks(shown.marks, interval, off);
  }

  function linesOf({ last, entries }: CandleData): PriceLine[] {
    const lines: PriceLine[] = [];
    if (last !== null && !off.has("Last price")) {
      const newest = bars.at(-1);
      const color = newest !== undefined && newest.close < newest.open ? down : up;
      lines.push({ name: "last", price: shifted(last, shift), color, title: "" });
    }
    if (off.has("Positions")) return lines;
    for (const { account, price, title } of entries) {
      const name = `entry ${account}`;
      lines.push({ name, price: shifted(price, shift), color: ofEntry, title });
    }
    return lines;
  }

  /** Where the moment `ts` (microseconds) lies, in pixels from the left edge of the pane; null before it has bars. */
  function xOf(ts: number): number | null {
    const place = placeOf(places(), ts);
    if (place === null) return null;
    const within = Math.min(bars.length - 0.5, Math.max(-0.5, place));
    // The scale knows whole indexes alone.
    const at = Math.round(within);
    const x = chart.timeScale().logicalToCoordinate(at as Logical);
    const next = chart.timeScale().logicalToCoordinate((at + 1) as Logical);
    return x === null || next === null ? null : x + (within - at) * (next - x);
  }

  function tellMoved(): void {
    const range = chart.timeScale().getVisibleLogicalRange();
    if (range === null || bars.length === 0) return;
    options.onMoved();
    const near = Math.max(NEAR_LEFT_EDGE, (range.to - range.from) * NEAR_LEFT_EDGE_WIDTHS);
    if (range.from < near) options.onNearLeftEdge();
    options.onNewestVisible(range.to >= bars.length - 1);
    tellInSight();
  }

  function tellInSight(): void {
    const range = chart.timeScale().getVisibleLogicalRange();
    const isTooEarly = moving !== 0 || (axis.inSight() === null && options.isAwaiting());
    if (range === null || isTooEarly) return;
    const [fromUs, toUs] = [range.from - HALF, range.to + HALF].map((place) =>
      momentAt(places(), place),
    ) as [number | null, number | null];
    if (fromUs === null || toUs === null) return;
    axis.moved.say(chart, { fromUs, toUs, isNewest: range.to >= bars.length - 1 });
  }

  /** As far as there are bars near it. */
  function showWindow(window: TimeWindow): void {
    const showing = placesShowing(places(), window);
    if (showing !== null) moveTo(showing);
  }

  function moveTo(wanted: PlaceRange): void {
    const stop = stopAt(allowed ?? wanted, wanted, mostPlaces());
    chart.timeScale().setVisibleLogicalRange(stop ?? wanted);
    // The library has asked for its frame before, and so has moved in this one.
    cancelAnimationFrame(moving);
    moving = requestAnimationFrame(() => {
      moving = 0;
      tellMoved();
    });
  }

  function places() {
    return { bars, lengthUs: INTERVAL_SECONDS[interval] * 1e6 };
  }

  /** From bar to bar, in pixels. */
  function spacing(): number {
    return chart.timeScale().options().barSpacing;
  }

  /** One zooms out until all bars are in sight. The library's own limit undoes half of a zoom when it is set anew. */
  function mostPlaces(): number {
    return Math.max(chart.timeScale().width() / NARROW_PX, bars.length / FILLED_SHARE);
  }

  function showNewest(): void {
    const fitting = Math.max(LEAST_PLACES, Math.floor(container.clientWidth / 9));
    const places = Math.max(LEAST_PLACES, Math.min(bars.length + 4, fitting));
    moveTo({ from: bars.length - places, to: bars.length + 5 });
    candles.live.priceScale().applyOptions({ autoScale: true });
  }

  function candleOf(bar: Bar) {
    return {
      time: timeOf(bar),
      open: shifted(bar.open, shift),
      high: shifted(bar.high, shift),
      low: shifted(bar.low, shift),
      close: shifted(bar.close, shift),
    };
  }
}

function timeOf(bar: Bar): UTCTimestamp {
  return (bar.ts / 1e6) as UTCTimestamp;
}
