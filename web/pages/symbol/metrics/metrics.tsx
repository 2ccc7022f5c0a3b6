import { useEffect, useMemo, useState } from "preact/hooks";
import type { ChosenRange } from "../../../data/bars/chosen-range.ts";
import { RANGE_NAMES, RANGES, type Range, type Span } from "../../../data/bars/ranges.ts";
import { spanOf, spanToLoad, type TimeWindow, withNewest } from "../../../data/bars/time-window.ts";
import { asOfWords, isStale } from "../../../data/symbols/last-price.ts";
import { DIRTY } from "../../../feed/dirty.ts";
import { paced } from "../../../feed/paced.ts";
import { RangeForm } from "../chart/range-form.tsx";
import { Choice } from "../choice.tsx";
import { FIRST_RANGE, isCutOff, type SymbolView, useRepaint } from "../symbol-view.ts";
import { MetricPane } from "./metric-pane.tsx";

/** The time that candles show. */
const CHART = "Chart";
/** While one drags, points are asked for no more often, in ms. */
const LOAD_MS = 400;

/** The metrics of a symbol, over the time that its candles show or the last of it. */
export function Metrics(props: {
  view: SymbolView;
  isTraded: boolean;
  /** What the address wants to see. */
  range: ChosenRange;
  onWindow(window: TimeWindow): void;
  /** The newest are wanted instead. */
  onNewest(): void;
}) {
  const { view, isTraded, range, onWindow, onNewest } = props;
  const { feed, axis, clock } = view;
  const [chosen, setChosen] = useState<Range | typeof CHART>(CHART);
  useRepaint(view, DIRTY.panels, 500);
  const isLinked = isTraded && chosen === CHART;
  const window = range.kind === "window" ? range.window : null;
  /** Where no candles say what is in sight. */
  const unlinked = useMemo(() => {
    if (chosen !== CHART) return RANGES[chosen];
    return window === null ? RANGES[FIRST_RANGE] : spanOf(window);
  }, [chosen, window?.fromUs, window?.toUs]);
  useEffect(() => {
    if (!isTraded && window !== null) setChosen(CHART);
  }, [isTraded, window?.fromUs, window?.toUs]);
  useEffect(() => {
    const wanted = (): Span | null => {
      const inSight = isLinked ? axis.inSight() : null;
      if (inSight !== null) return spanToLoad(withNewest(inSight, feed.endUs()), feed.span());
      // Candles that have bars say soon what is in sight.
      const isKnown = view.shown().isLoaded && (!isLinked || feed.bars().length === 0);
      return isKnown ? unlinked : null;
    };
    const loading = paced(
      clock,
      () => {
        // The names tell how new points are, and so how far the panels go.
        const span = feed.panels().length > 0 ? wanted() : null;
        if (span !== null) feed.chooseSpan(span);
      },
      LOAD_MS,
    );
    const stop = axis.moved.hear(loading, loading.ask);
    loading.ask();
    const stopWaiting = view.onPaint(() => {
      if (feed.span() === null) loading.ask();
    });
    return () => {
      stopWaiting();
      stop();
      loading.stop();
    };
  }, [isLinked, unlinked, view, axis, clock, feed]);
  const panels = feed.panels();
  if (panels.length === 0) return null;
  return (
    <section class="metrics" aria-labelledby="metrics-title">
      <div class="metrics-head">
        <h2 id="metrics-title">Metrics</h2>
        <MetricsAsOf view={view} />
        <div class="chart-choices">
          <Choice
            label="How far back"
            options={isTraded ? [CHART, ...RANGE_NAMES] : RANGE_NAMES}
            chosen={isTraded || chosen !== CHART ? chosen : window === null ? FIRST_RANGE : ""}
            onChoose={(next) => {
              setChosen(next as Range | typeof CHART);
              if (!isTraded && window !== null) onNewest();
            }}
          />
          {!isTraded && <RangeForm {...{ view, chosen: range }} onChoose={onWindow} />}
        </div>
      </div>
      <div class="metric-grid">
        {panels.map((panel) => (
          <MetricPane key={panel.metric} {...{ view, panel, isLinked }} />
        ))}
      </div>
    </section>
  );
}

/** All panels end with the newest point of any, which may be long ago. */
function MetricsAsOf({ view }: { view: SymbolView }) {
  const asOf = { kind: "moment", ts: view.feed.endUs() } as const;
  const nowMs = view.clock.nowMs();
  if (asOf.ts === 0 || !(isStale(asOf, nowMs) || isCutOff(view.feed.status()))) return null;
  return <span class="as-of">{asOfWords(asOf, nowMs, view.clock.zone)}</span>;
}
