import { useEffect, useRef, useState } from "preact/hooks";
import type { LiveSymbol } from "../data/market/live-market.ts";
import { type LastSeen, seenNow } from "../data/symbols/last-seen.ts";
import type { Pasts } from "../data/symbols/listed-price.ts";
import type { Api } from "../feed/api.ts";
import type { Clock } from "../feed/clock.ts";
import { openPasts } from "../feed/panels/pasts.ts";
import type { LastSeenStore } from "../feed/symbols/last-seen.ts";
import type { ServerWatch } from "../feed/symbols/server-watch.ts";
import {
  isCutOff,
  MOST_HOLD_S,
  type SymbolsView,
  type SymbolsWatch,
  watchSymbols,
} from "../feed/symbols/symbols-watch.ts";

/** How long a server that speaks HTTP/1.1 may hold a question: a browser has six connections to it, for all of its windows. */
const HOLD_OF_FEW_S = 1;
/** What is seen is kept at most so often, in ms. */
const KEEP_EVERY_MS = 5_000;

const NOTHING: SymbolsView = {
  ...{ list: [], retryAtMs: null, known: false, isWhole: true, heardAtMs: null, failures: 0 },
  isRefused: false,
};

export interface UseSymbolsDeps {
  clock: Clock;
  api: Api;
  server: ServerWatch;
  isVisible(): boolean;
  /** Null: nothing is kept, as in the page of somebody else. */
  lastSeen: LastSeenStore | null;
  /** The one symbol of which is shown what was before; null: of all. */
  only: string | null;
  onUnauthorized(detail?: string): void;
}

/** The list of symbols and what was before of each, asked for anew where an input changes. */
export function useSymbols(deps: UseSymbolsDeps, inputs: readonly number[]) {
  const { clock, api, server, isVisible, lastSeen, only, onUnauthorized } = deps;
  const [view, setView] = useState(NOTHING);
  const [pasts, setPasts] = useState<Pasts>(new Map());
  const watch = useRef<SymbolsWatch | null>(null);
  const live = useRef<ReadonlyMap<string, LiveSymbol> | null>(null);
  /** What the server has said last; null where it has said nothing, or that it may not be seen any more. */
  const heard = useRef<LastSeen | null>(null);
  const keptAtMs = useRef(0);

  const keep = () => {
    if (heard.current === null) return;
    const { list, atMs } = heard.current;
    keptAtMs.current = clock.nowMs();
    // Beside a stream the list is as old as the stream is not.
    const seenMs = live.current === null ? atMs : keptAtMs.current;
    // A stream that ends leaves what it has told, and the list alone would be older.
    heard.current = seenNow(list, live.current ?? new Map(), seenMs);
    lastSeen?.keep(heard.current);
  };

  useEffect(() => {
    const past = openPasts({ ...clock, api, onPasts: setPasts });
    const list = watchSymbols({
      ...clock,
      api,
      holdS: () => (hasManyConnections() ? MOST_HOLD_S : HOLD_OF_FEW_S),
      isVisible,
      watchVisibility(notice) {
        const onChange = () => {
          // It may be the last that is heard of the page.
          if (!isVisible()) keep();
          notice();
        };
        document.addEventListener("visibilitychange", onChange);
        return () => document.removeEventListener("visibilitychange", onChange);
      },
      onRetry: server.onRetry,
      onView(next) {
        const isAway = next.retryAtMs !== null;
        setView(isAway && !next.known ? seenBefore(next, lastSeen) : next);
        server.report("list", isAway);
        if (isCutOff(next)) return;
        past.follow(next.list.filter(({ symbol }) => only === null || symbol === only));
        heard.current = { list: next.list, atMs: next.heardAtMs ?? 0 };
        if (clock.nowMs() - keptAtMs.current >= KEEP_EVERY_MS) keep();
      },
      onUnauthorized(detail) {
        forget();
        onUnauthorized(detail);
      },
    });
    watch.current = list;
    list.besideLive(live.current !== null);
    return () => {
      list.stop();
      past.close();
      server.report("list", false);
    };
  }, inputs);

  return {
    view,
    pasts,
    /** A stream tells the prices from now on; null: no more. */
    onLivePrices(prices: ReadonlyMap<string, LiveSymbol> | null) {
      if (prices === null) keep();
      live.current = prices;
      watch.current?.besideLive(prices !== null);
    },
    /** Nothing that was seen is kept, and nothing is any more. */
    leave() {
      watch.current?.stop();
      forget();
    },
  };

  function forget(): void {
    heard.current = null;
    lastSeen?.forget();
  }
}

/** What was kept of the list stands in for it. */
function seenBefore(view: SymbolsView, lastSeen: LastSeenStore | null): SymbolsView {
  const seen = lastSeen?.read() ?? null;
  if (seen === null) return view;
  return { ...view, list: seen.list, heardAtMs: seen.atMs };
}

/** Whether the server is known to speak HTTP/2 or newer. A page that is kept by the browser tells of no protocol; the first question then does. */
function hasManyConnections(): boolean {
  const seen = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
  const protocols = (seen as PerformanceResourceTiming[]).map((entry) => entry.nextHopProtocol);
  return /^h[23]/.test(protocols.find((protocol) => protocol !== "") ?? "");
}
