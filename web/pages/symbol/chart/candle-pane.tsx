import { useEffect, useRef, useState } from "preact/hooks";
import type { Bar, Interval } from "../../../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../../../src/protocol/words/interval.ts";
import {
  type CandleChart,
  type CandleData,
  createCandleChart,
} from "../../../charts/candle-chart.ts";
import { moveByKey } from "../../../charts/key-axis.ts";
import { LAYERS, type Layer } from "../../../charts/layers.ts";
import { addressOfAlert } from "../../../data/alerts/alert-address.ts";
import { lastAtOrBefore } from "../../../data/bars/bars.ts";
import type { TimeWindow } from "../../../data/bars/time-window.ts";
import { MOST_ORDERS } from "../../../data/tables/orders.ts";
import { entriesOf } from "../../../data/tables/positions.ts";
import { dayOf } from "../../../data/times/zone-moment.ts";
import { gapWords } from "../../../data/words/gap-words.ts";
import { DIRTY } from "../../../feed/dirty.ts";
import { keepLayersOff, readLayersOff } from "../../../feed/kept-layers.ts";
import type { SymbolFeed } from "../../../feed/room/symbol-feed.ts";
import { navigate } from "../../shell/link.tsx";
import { isTyping } from "../../shell/symbol-search.tsx";
import { isCutOff, type SymbolView, useRepaint } from "../symbol-view.ts";
import { BarLegend, marksIn } from "./bar-legend.tsx";
import { BarTable } from "./bar-table.tsx";
import { LayerChoice } from "./layer-choice.tsx";
import { MarkList } from "./mark-list.tsx";

const PAINTED = DIRTY.bars | DIRTY.allBars | DIRTY.positions | DIRTY.orders | DIRTY.notes;

/** Candles and volume, the numbers of the bar under the crosshair, and a band where a gap was said. */
export function CandlePane(props: {
  view: SymbolView;
  symbol: string;
  /** What the address wants to see; null: the newest bars. */
  window: TimeWindow | null;
  onChoose(interval: Interval): void;
  /** The newest are wanted instead. */
  onNewest(): void;
}) {
  const { view, symbol, window, onChoose, onNewest } = props;
  const { feed } = view;
  const isFramed = feed.keeps === "prices";
  const container = useRef<HTMLDivElement>(null);
  const bands = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDivElement>(null);
  const chartRef = useRef<CandleChart | null>(null);
  /** What is to be shown once there are bars that far back. */
  const awaited = useRef<TimeWindow | null>(window);
  const showAwaited = useRef(() => {
    const wanted = awaited.current;
    // Bars that came since the last frame are not on the chart yet.
    const isPainted = feed.bars() === view.shown().bars;
    if (wanted === null || !isPainted || !feed.isReached(wanted.fromUs)) return;
    awaited.current = null;
    chartRef.current?.showWindow(wanted);
  });
  const [isNewestVisible, setNewestVisible] = useState(true);
  const [hovered, setHovered] = useState<Bar | null>(null);
  const [off, setOff] = useState(() => readLayersOff(isFramed));
  useRepaint(view, DIRTY.orders | DIRTY.gaps | DIRTY.bars | DIRTY.allBars | DIRTY.status);

  useEffect(() => {
    if (container.current === null) return;
    const chart: CandleChart = createCandleChart(container.current, {
      zone: view.clock.zone,
      axis: view.axis,
      onNearLeftEdge: () => void feed.loadOlder(),
      headPx() {
        const { offsetTop = 0, offsetHeight = 0 } = legend.current ?? {};
        return offsetTop + offsetHeight - (container.current?.offsetTop ?? 0);
      },
      onHover: setHovered,
      onNewestVisible: setNewestVisible,
      isReached: feed.isReached,
      isAwaiting: () => awaited.current !== null,
      onMoved: () => placeBands(chart, feed, bands.current),
    });
    chartRef.current = chart;
    const paint = () => {
      const { bars, interval, last, priceDigits: digits, marks } = view.shown();
      const entries = entriesOf(feed.positions());
      const changedFrom = feed.takeChangedFrom();
      const lines = { last: last?.price ?? null, entries };
      chart.show({ bars, interval, changedFrom, digits, marks, ...lines });
      showAwaited.current();
    };
    const stop = view.onPaint((dirty) => {
      if ((dirty & PAINTED) !== 0) paint();
      // The bands themselves are rendered by the component, one frame later at most.
      if ((dirty & DIRTY.gaps) !== 0)
        requestAnimationFrame(() => placeBands(chart, feed, bands.current));
    });
    const inSight = view.axis.inSight();
    paint();
    // Where another chart stood before, as with clocks of another zone or other colours, this one shows what that did.
    if (inSight !== null) chart.showWindow(inSight);
    return () => {
      stop();
      chartRef.current = null;
      chart.destroy();
    };
  }, [view, feed]);

  useEffect(() => view.axis.moved.hear(feed, feed.orders.see), [view.axis, feed]);

  useEffect(() => chartRef.current?.leaveOff(off), [view, off]);

  const shown = view.shown();
  // The price of a day by volume wants the day from its beginning.
  const newest = shown.bars.at(-1);
  const dayUs =
    newest === undefined || off.has("VWAP") ? null : dayOf(newest.ts, view.clock.zone).fromUs;
  const reachUs = Math.min(window?.fromUs ?? Infinity, dayUs ?? Infinity);
  useEffect(
    () => feed.reach(Number.isFinite(reachUs) ? reachUs : null),
    [feed, reachUs, shown.interval],
  );
  useEffect(() => {
    awaited.current = window;
    showAwaited.current();
  }, [feed, window?.fromUs, window?.toUs, shown.interval]);
  const elsewhere = feed.elsewhere();
  const toggle = (layer: Layer) => {
    const next = new Set(off);
    if (!next.delete(layer)) next.add(layer);
    setOff(next);
    if (!isFramed) keepLayersOff(next);
  };
  const last = shown.last?.price ?? null;
  const hasAlerts = !isFramed && last !== null;
  const alertAt = (price: number | null | undefined) => {
    if (hasAlerts) navigate(addressOfAlert(symbol, price ?? last, last, shown.priceDigits));
  };
  // Where the pointer is over the chart, one need not press into it first.
  const byKey = useRef((_event: KeyboardEvent) => {});
  byKey.current = (event) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "l") toggle("Log");
    if (event.key === "b") alertAt(chartRef.current?.pointedPrice());
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => byKey.current(event);
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const showNewest = () => {
    onNewest();
    chartRef.current?.showNewest();
  };
  const isMissed = window !== null && feed.isReached(window.fromUs) && !hasBarIn(shown, window);
  const bar = hovered ?? shown.bars.at(-1) ?? null;
  const isLog = !off.has("Log") && chartRef.current?.isPositive() !== false;
  const isOff = isCutOff(feed.status());
  return (
    <section class="candle-pane" aria-label="Candles and volume">
      {bar !== null && (
        <BarLegend
          {...{ bar, box: legend }}
          indicators={chartRef.current?.indicatorsAt(bar) ?? []}
          marks={hovered === null ? [] : marksIn(hovered, shown)}
          digits={shown.priceDigits}
        />
      )}
      <div
        class="chart"
        ref={container}
        data-testid="candle-chart"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move what is drawn in it
        tabIndex={0}
        aria-label="Candles: arrows move, plus and minus zoom, End leads to the newest, l is for logarithmic prices, b for an alert"
        onKeyDown={(event: KeyboardEvent) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          if (event.key === "End") showNewest();
          else if (!moveByKey(event.key, event, view.axis)) return;
          event.preventDefault();
        }}
      />
      <BarTable view={view} />
      <div class="chart-tools">
        {hasAlerts && (
          <button
            type="button"
            title="An alert at the last price; b: at the crosshair's"
            onClick={() => alertAt(last)}
          >
            Alert
          </button>
        )}
        <button
          type="button"
          aria-pressed={isLog}
          title="Logarithmic, where all prices are positive (l)"
          onClick={() => toggle("Log")}
        >
          Log
        </button>
        <LayerChoice layers={LAYERS[feed.keeps]} off={off} onToggle={toggle} />
      </div>
      <MarkList view={view} />
      {/* The library's licence wants its notice and this link on the page. */}
      <a
        class="chart-credit"
        href="https://www.tradingview.com/"
        target="_blank"
        rel="noreferrer"
        title="TradingView Lightweight Charts™ Copyright (c) 2025 TradingView, Inc. https://www.tradingview.com/"
      >
        TradingView Lightweight Charts™
      </a>
      <div class="gap-bands" ref={bands} hidden={off.has("Holes")}>
        {feed.gaps().map((gap) => (
          <div
            key={gap.from}
            class="gap-band"
            data-testid="gap-marker"
            data-place="chart"
            role="note"
            title={gapWords(gap, view.clock.zone)}
            aria-label={gapWords(gap, view.clock.zone)}
          />
        ))}
      </div>
      {elsewhere !== null && (
        <p class="no-bars">
          No bars of {shown.interval} here: the finest are of {elsewhere}.
          <button class="button is-quiet" type="button" onClick={() => onChoose(elsewhere)}>
            Show {elsewhere}
          </button>
        </p>
      )}
      {feed.orders.isCut() && (
        <p class="marks-cut">Of orders of this time the newest {MOST_ORDERS} are marked.</p>
      )}
      {isMissed && (
        <p class="no-bars">
          No bars in the range that the address wants.
          <button class="button is-quiet" type="button" onClick={showNewest}>
            To the newest
          </button>
        </p>
      )}
      {shown.bars.length === 0 && (isOff || !shown.isLoaded) && (
        // The head of the page says whether it is the device or the server that is away.
        <p class="no-bars">
          {isOff ? "Bars come once the server answers." : "The server is asked…"}
        </p>
      )}
      {!isNewestVisible && !isMissed && shown.bars.length > 0 && (
        <button class="to-newest" type="button" onClick={showNewest}>
          To the newest
        </button>
      )}
    </section>
  );
}

/** Whether a bar begins within the window, or lasts into it. */
function hasBarIn({ bars, interval }: Pick<CandleData, "bars" | "interval">, window: TimeWindow) {
  const last = bars[lastAtOrBefore(bars, window.toUs - 1)];
  return last !== undefined && last.ts + INTERVAL_SECONDS[interval] * 1e6 > window.fromUs;
}

/** Put each band where its gap lies now. Done by hand, for it follows every step of a scroll. */
function placeBands(chart: CandleChart, feed: SymbolFeed, layer: HTMLElement | null): void {
  if (layer === null) return;
  const width = chart.paneWidth();
  layer.style.width = `${width}px`;
  feed.gaps().forEach((gap, i) => {
    const band = layer.children[i];
    if (!(band instanceof HTMLElement)) return;
    const from = chart.xOf(gap.from);
    const to = chart.xOf(gap.to);
    if (from === null || to === null) {
      band.hidden = true;
      return;
    }
    const left = Math.min(from, to - MIN_BAND_PX);
    band.hidden = to < 0 || left > width;
    band.style.left = `${left}px`;
    band.style.width = `${to - left}px`;
  });
}

/** Narrower, a band could not be seen or pointed at. */
const MIN_BAND_PX = 4;
