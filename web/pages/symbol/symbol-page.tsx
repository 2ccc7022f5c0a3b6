import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Interval } from "../../../src/protocol/events/bar.ts";
import { INTERVALS } from "../../../src/protocol/words/interval.ts";
import { addressOf, intervalReaching, rangeInAddress } from "../../data/bars/chosen-range.ts";
import type { TimeWindow } from "../../data/bars/time-window.ts";
import { formatAge } from "../../data/words/format.ts";
import { DIRTY } from "../../feed/dirty.ts";
import { AlertStrip } from "../alerts/alert-strip.tsx";
import { exposeConsoleHook } from "../console-hook.ts";
import { FirstPush } from "../market/first-push.tsx";
import { type Connection, ConnectionState } from "../shell/connection-state.tsx";
import type { Desk } from "../shell/desk.ts";
import { Link, replace } from "../shell/link.tsx";
import { TopBar } from "../shell/top-bar.tsx";
import { BookPane } from "./book-pane.tsx";
import { CandlePane } from "./chart/candle-pane.tsx";
import { RangeForm } from "./chart/range-form.tsx";
import { Choice } from "./choice.tsx";
import { EmbeddedChart } from "./embedded-chart.tsx";
import { InstrumentHeader } from "./instrument-header.tsx";
import { Metrics } from "./metrics/metrics.tsx";
import { OrdersPane } from "./orders-pane.tsx";
import { isCutOff, openSymbolView, type SymbolView, useRepaint } from "./symbol-view.ts";
import { TradesPane } from "./trades-pane.tsx";
import { Watchlist } from "./watchlist.tsx";

export interface SymbolPageProps {
  desk: Desk;
  symbol: string;
  interval: Interval | null;
  search: string;
  /** The chart alone, in a page of somebody else. */
  isFramed: boolean;
}

/** A room that has been silent for longer says so. */
const QUIET_MS = 60_000;

/** One symbol: candles, trades and metrics, live. It is mounted anew for another symbol. */
export function SymbolPage(props: SymbolPageProps) {
  const { desk, symbol } = props;
  const range = rangeInAddress(props.search);
  const window = range.kind === "window" ? range.window : null;
  const { api, clock, server, symbols, pasts, onReopen, onUnauthorized } = desk;
  const reaching = ({ fromUs }: TimeWindow, wanted: Interval) =>
    intervalReaching(fromUs, wanted, clock.nowMs() * 1_000);
  const interval = window && props.interval ? reaching(window, props.interval) : props.interval;
  const summary = symbols.list.find((listed) => listed.symbol === symbol);
  const isListed = summary !== undefined;
  const [opened] = useState(() =>
    openSymbolView({
      ...{ isListed, api, clock, server, symbol, interval, onUnauthorized },
      keeps: props.isFramed ? "prices" : "all",
    }),
  );
  // Another zone, or other colours of its canvases, are another view of the same feed.
  const view = useMemo(() => ({ ...opened, clock }), [opened, clock.zone, desk.theme.hue]);
  useEffect(() => {
    const conceal = exposeConsoleHook(opened.feed);
    return () => {
      conceal();
      opened.close();
    };
  }, [opened]);
  useEffect(() => {
    if (interval !== null) view.feed.chooseInterval(interval);
  }, [view, interval]);
  const renewals = useRef(desk.renewals);
  useEffect(() => {
    if (renewals.current !== desk.renewals) view.feed.renew();
    renewals.current = desk.renewals;
  }, [view, desk.renewals]);
  useRepaint(view, DIRTY.status | DIRTY.allBars | DIRTY.alerts);

  const { feed } = view;
  const status = feed.status();
  useEffect(() => {
    if (isListed) feed.listed();
  }, [feed, isListed]);
  const posted = symbols.known ? (summary?.bars_posted ?? 0) : null;
  const postedBefore = useRef(posted);
  useEffect(() => {
    // A symbol that the page knows is no new one in the list, but its bars may be others now.
    if (postedBefore.current !== null && posted !== null && posted > postedBefore.current)
      feed.takeImport();
    postedBefore.current = posted;
  }, [feed, posted]);
  // Until history has answered, room is kept for candles where the list knows a price, so that nothing jumps.
  // Both are of one painting: bars that came since it are not shown, and are expected still.
  const { isLoaded, last } = view.shown();
  const isExpected = !isLoaded && summary?.last !== null && symbol[0] !== "_";
  const isTraded = last !== null || (isExpected && feed.refusal() === null);
  const isOff = isCutOff(status) && feed.refusal() === null;
  // Replaced, not pushed: going back leads to the list, not through every interval tried.
  const place = (search: string) => replace(`${location.pathname}${search}${location.hash}`);
  const choose = (chosen: Interval) =>
    place(window === null ? `?interval=${chosen}` : addressOf(reaching(window, chosen), window));
  const chooseWindow = (chosen: TimeWindow) =>
    place(addressOf(reaching(chosen, interval ?? feed.interval()), chosen));
  const showNewest = () => {
    if (window !== null) place(`?interval=${interval ?? feed.interval()}`);
  };
  const candles = () => (
    <CandlePane {...{ view, symbol, window }} onChoose={choose} onNewest={showNewest} />
  );
  if (props.isFramed) {
    return (
      <EmbeddedChart {...{ symbol, isOff }}>
        <InstrumentHeader {...{ view, symbol, summary, past: pasts.get(symbol) }} />
        <ConnectionState {...{ clock, read: () => connectionOf(view), onRetry: server.retryNow }} />
        {isTraded ? candles() : <NothingYet view={view} symbol={symbol} />}
      </EmbeddedChart>
    );
  }
  return (
    <div class="page">
      <TopBar
        {...{ desk, page: "symbol" }}
        read={() => connectionOf(view)}
        onRetry={status.kind === "closed" ? onReopen : server.retryNow}
      />
      <main class={`symbol-page ${isTraded ? "" : "is-untraded"} ${isOff ? "is-cut-off" : ""}`}>
        <div class="symbol-main">
          <div class="symbol-head">
            <InstrumentHeader {...{ view, symbol, summary, past: pasts.get(symbol) }} />
            {isTraded && (
              <div class="chart-choices">
                <Choice
                  label="Interval of a bar"
                  options={INTERVALS}
                  chosen={interval ?? feed.interval()}
                  onChoose={choose}
                />
                <RangeForm {...{ view, chosen: range }} onChoose={chooseWindow} />
              </div>
            )}
          </div>
          {isListed && <AlertStrip {...{ desk, symbol }} changes={feed.alertChanges()} />}
          {isTraded && candles()}
          {!isTraded && <NothingYet view={view} symbol={symbol} />}
          <Metrics {...{ view, isTraded, range }} onWindow={chooseWindow} onNewest={showNewest} />
        </div>
        <aside class="symbol-side">
          <Watchlist list={symbols.list} pasts={pasts} view={view} current={symbol} />
          <BookPane view={view} />
          <OrdersPane view={view} />
          {isTraded && <TradesPane view={view} />}
        </aside>
      </main>
    </div>
  );
}

function connectionOf({ feed, clock }: SymbolView): Connection {
  const heardUs = feed.cursor() ?? 0;
  const silentMs = clock.nowMs() - heardUs / 1_000;
  // The room of an unknown symbol has a cursor too, from before it was asked.
  const isSilent = heardUs === 0 || feed.isUnknown();
  const quiet = isSilent
    ? "nothing yet"
    : silentMs > QUIET_MS
      ? `quiet for ${formatAge(silentMs)}`
      : null;
  return { status: feed.status(), quiet };
}

function NothingYet({ view, symbol }: { view: SymbolView; symbol: string }) {
  useRepaint(view, DIRTY.panels | DIRTY.book, 500);
  const { feed } = view;
  const refusal = feed.refusal();
  if (refusal !== null) {
    return (
      <div class="quiet" data-testid="refusal" role="alert">
        <p>
          This server has no page for “{symbol}”: {refusal}
        </p>
        <Link to="/" class="in-text">
          All symbols
        </Link>
      </div>
    );
  }
  if (!feed.isLoaded() || feed.panels().length > 0 || feed.book() !== null) return null;
  return <FirstPush clock={view.clock} symbol={symbol} />;
}
