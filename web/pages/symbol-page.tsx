import { useEffect, useState } from "preact/hooks";
import type { Interval } from "../../src/protocol/bar.ts";
import { INTERVALS } from "../../src/protocol/interval.ts";
import { RANGE_NAMES, type Range } from "../data/ranges.ts";
import { pathOfSymbol } from "../data/route.ts";
import type { Api } from "../feed/api.ts";
import { DIRTY } from "../feed/dirty.ts";
import type { SymbolsView } from "../feed/symbols-watch.ts";
import { BookPane } from "./book-pane.tsx";
import { CandlePane } from "./candle-pane.tsx";
import { Choice } from "./choice.tsx";
import { exposeConsoleHook } from "./console-hook.ts";
import { InstrumentHeader } from "./instrument-header.tsx";
import { MetricPane } from "./metric-pane.tsx";
import { openSymbolView, type SymbolView, useRepaint } from "./symbol-view.ts";
import { TopBar } from "./top-bar.tsx";
import { TradesPane } from "./trades-pane.tsx";
import { Watchlist } from "./watchlist.tsx";

export interface SymbolPageProps {
  api: Api;
  symbol: string;
  interval: Interval | null;
  symbols: SymbolsView;
  onUnauthorized(): void;
}

/** One symbol: candles, trades and metrics, live. It is mounted anew for another symbol. */
export function SymbolPage(props: SymbolPageProps) {
  const { api, symbol, interval, symbols, onUnauthorized } = props;
  const [view] = useState(() =>
    openSymbolView({ api, symbol, interval, range: "15m", onUnauthorized }),
  );
  useEffect(() => {
    const conceal = exposeConsoleHook(view.feed);
    return () => {
      conceal();
      view.close();
    };
  }, [view]);
  useEffect(() => {
    if (interval !== null) view.feed.chooseInterval(interval);
  }, [view, interval]);
  useRepaint(view, DIRTY.status | DIRTY.allBars, 0);

  const { feed } = view;
  const summary = symbols.list.find((listed) => listed.symbol === symbol);
  const hasTrades = feed.bars().length > 0 || feed.trades().latest !== null;
  // Until history has answered, room is kept for candles where the list knows a price, so that nothing jumps.
  const isTraded = hasTrades || (!feed.isLoaded() && summary?.last !== null && symbol[0] !== "_");
  return (
    <div class="page">
      <TopBar read={feed.status} />
      <main class={`symbol-page ${isTraded ? "" : "is-untraded"}`}>
        <div class="symbol-main">
          <div class="symbol-head">
            <InstrumentHeader view={view} symbol={symbol} summary={summary} />
            {isTraded && (
              <Choice
                label="Interval of a bar"
                options={INTERVALS}
                chosen={interval ?? feed.interval()}
                onChoose={(chosen) => {
                  // Replaced, not pushed: going back leads to the list, not through every interval tried.
                  window.history.replaceState(null, "", pathOfSymbol(symbol, chosen));
                  window.dispatchEvent(new PopStateEvent("popstate"));
                }}
              />
            )}
          </div>
          {isTraded && <CandlePane view={view} />}
          {!isTraded && feed.isLoaded() && <NothingYet view={view} symbol={symbol} />}
          <Metrics view={view} />
        </div>
        <aside class="symbol-side">
          <Watchlist symbols={symbols} current={symbol} />
          <BookPane view={view} />
          {isTraded && <TradesPane view={view} />}
        </aside>
      </main>
    </div>
  );
}

function NothingYet({ view, symbol }: { view: SymbolView; symbol: string }) {
  useRepaint(view, DIRTY.panels | DIRTY.book, 500);
  if (view.feed.panels().length > 0 || view.feed.book() !== null) return null;
  return <p class="quiet">Nothing on {symbol} yet. The first trade or metric appears here.</p>;
}

function Metrics({ view }: { view: SymbolView }) {
  const { feed } = view;
  const [range, setRange] = useState<Range>(feed.range());
  useRepaint(view, DIRTY.panels, 500);
  const panels = feed.panels();
  if (panels.length === 0) return null;
  return (
    <section class="metrics" aria-labelledby="metrics-title">
      <div class="metrics-head">
        <h2 id="metrics-title">Metrics</h2>
        <Choice
          label="How far back"
          options={RANGE_NAMES}
          chosen={range}
          onChoose={(chosen) => {
            setRange(chosen);
            feed.chooseRange(chosen);
          }}
        />
      </div>
      <div class="metric-grid">
        {panels.map((panel) => (
          <MetricPane key={panel.metric} view={view} panel={panel} />
        ))}
      </div>
    </section>
  );
}
