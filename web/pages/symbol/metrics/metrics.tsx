import { useEffect, useState } from "preact/hooks";
import { RANGE_NAMES, RANGES, type Range, type Span } from "../../../data/bars/ranges.ts";
import { spanToLoad, withNewest } from "../../../data/bars/time-window.ts";
import { asOfWords, isStale } from "../../../data/symbols/last-price.ts";
import { DIRTY } from "../../../feed/dirty.ts";
import { paced } from "../../../feed/paced.ts";
import { Choice } from "../choice.tsx";
import { FIRST_RANGE, isCutOff, type SymbolView, useRepaint } from "../symbol-view.ts";
import { MetricPane } from "./metric-pane.tsx";

/** The time that candles show. */
const CHART = "Chart";
/** While one drags, points are asked for no more often, in ms. */
const LOAD_MS = 400;

/** The metrics of a symbol, over the time that its candles show or the last of it. */
export function Metrics({ view, isTraded }: { view: SymbolView; isTraded: boolean }) {
  const { feed, axis, clock } = view;
  const [chosen, setChosen] = useState<Range | typeof CHART>(CHART);
  useRepaint(view, DIRTY.panels, 500);
  const isLinked = isTraded && chosen === CHART;
  useEffect(() => {
    const wanted = (): Span | null => {
      const inSight = isLinked ? axis.inSight() : null;
      if (inSight !== null) return spanToLoad(withNewest(inSight, feed.endUs()), feed.span());
      // Candles that have bars say soon what is in sight.
      const isKnown = view.shown().isLoaded && (!isLinked || feed.bars().length === 0);
      return isKnown && feed.span() === null ? RANGES[FIRST_RANGE] : null;
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
  }, [isLinked, view, axis, clock, feed]);
  const panels = feed.panels();
  if (panels.length === 0) return null;
  return (
    <section class="metrics" aria-labelledby="metrics-title">
      <div class="metrics-head">
        <h2 id="metrics-title">Metrics</h2>
        <MetricsAsOf view={view} />
        <Choice
          label="How far back"
          options={isTraded ? [CHART, ...RANGE_NAMES] : RANGE_NAMES}
          chosen={isTraded || chosen !== CHART ? chosen : FIRST_RANGE}
          onChoose={(next) => {
            setChosen(next);
            if (next !== CHART) feed.chooseSpan(RANGES[next]);
          }}
        />
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
