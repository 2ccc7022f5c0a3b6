import { useEffect, useState } from "preact/hooks";
import type { Pasts } from "../data/symbols/listed-price.ts";
import { type Route, routeOf } from "../data/symbols/route.ts";
import { createApi } from "../feed/api.ts";
import { wallClock as clock } from "../feed/clock.ts";
import { openPasts } from "../feed/panels/pasts.ts";
import { createServerWatch } from "../feed/symbols/server-watch.ts";
import { type SymbolsView, watchSymbols } from "../feed/symbols/symbols-watch.ts";
import { keepToken, readToken } from "../feed/token.ts";
import { Link } from "./link.tsx";
import { SymbolPage } from "./symbol/symbol-page.tsx";
import { SymbolsPage } from "./symbols/symbols-page.tsx";
import { TokenForm } from "./token-form.tsx";

const api = createApi({ fetch: (url, init) => fetch(url, init), token: readToken });
const isVisible = () => document.visibilityState === "visible";
const server = createServerWatch({ ...clock, isAlive: api.isAlive, isVisible });
/** How long the server may hold a question. A browser has six connections to one that speaks HTTP/1.1, for all of its windows. */
const HOLD_S = 20;
const HOLD_OF_FEW_S = 1;

/** The page the address names, or the form for a token where the server wants one. */
export function App() {
  const [route, setRoute] = useState<Route>(currentRoute);
  const [view, setView] = useState<SymbolsView>({
    ...{ list: [], retryAtMs: null, known: false, isWhole: true },
  });
  const [pasts, setPasts] = useState<Pasts>(new Map());
  /** Null while a token is asked for; each new one begins everything anew. */
  const [session, setSession] = useState<number | null>(1);

  useEffect(() => {
    const onMove = () => setRoute(currentRoute());
    window.addEventListener("popstate", onMove);
    return () => window.removeEventListener("popstate", onMove);
  }, []);

  useEffect(() => {
    if (session === null) return;
    const past = openPasts({ ...clock, api, onPasts: setPasts });
    const stop = watchSymbols({
      ...clock,
      api,
      holdS: hasFewConnections() ? HOLD_OF_FEW_S : HOLD_S,
      isVisible,
      watchVisibility(notice) {
        document.addEventListener("visibilitychange", notice);
        return () => document.removeEventListener("visibilitychange", notice);
      },
      onRetry: server.onRetry,
      onView(next) {
        setView(next);
        server.report("list", next.retryAtMs !== null);
        if (next.retryAtMs === null) past.follow(next.list);
      },
      onUnauthorized: () => setSession(null),
    });
    return () => {
      stop();
      past.close();
      server.report("list", false);
    };
  }, [session]);

  useEverySecond();

  if (session === null) {
    return (
      <TokenForm
        isRefused={readToken() !== null}
        onToken={(token) => {
          keepToken(token);
          setSession(clock.nowMs());
        }}
      />
    );
  }
  switch (route.page) {
    case "symbols":
      return <SymbolsPage {...{ api, view, pasts, clock, server }} />;
    case "symbol":
      return (
        <SymbolPage
          key={`${session} ${route.symbol}`}
          {...{ api, clock, server }}
          symbol={route.symbol}
          interval={route.interval}
          symbols={view}
          pasts={pasts}
          onReopen={() => setSession(clock.nowMs())}
          onUnauthorized={() => setSession(null)}
        />
      );
    case "missing":
      return (
        <main class="notice">
          <div class="card">
            <h1>There is no such page</h1>
            <Link to="/" class="in-text">
              All symbols
            </Link>
          </div>
        </main>
      );
    default:
      return route satisfies never;
  }
}

/** Ages are told anew while somebody looks. */
function useEverySecond(): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (isVisible()) setCount((count) => count + 1);
    }, 1_000);
    return () => clearInterval(timer);
  }, []);
}

function hasFewConnections(): boolean {
  const [page] = performance.getEntriesByType("navigation");
  return (page as PerformanceNavigationTiming | undefined)?.nextHopProtocol === "http/1.1";
}

function currentRoute(): Route {
  return routeOf(window.location.pathname, window.location.search);
}
