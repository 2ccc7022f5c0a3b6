import { useEffect, useState } from "preact/hooks";
import { type Route, routeOf } from "../data/route.ts";
import { createApi } from "../feed/api.ts";
import { createDayTrails, type DayTrails } from "../feed/day-trails.ts";
import { type SymbolsView, watchSymbols } from "../feed/symbols-watch.ts";
import { keepToken, readToken } from "../feed/token.ts";
import { Link } from "./link.tsx";
import { SymbolPage } from "./symbol-page.tsx";
import { SymbolsPage } from "./symbols-page.tsx";
import { TokenForm } from "./token-form.tsx";

const api = createApi({ fetch: (url, init) => fetch(url, init), token: readToken });

/** The page the address names, or the form for a token where the server wants one. */
export function App() {
  const [route, setRoute] = useState<Route>(currentRoute);
  const [view, setView] = useState<SymbolsView>({ list: [], retryAtMs: null, known: false });
  const [trails, setTrails] = useState<DayTrails>(new Map());
  /** Null while a token is asked for; each new one begins everything anew. */
  const [session, setSession] = useState<number | null>(1);

  useEffect(() => {
    const onMove = () => setRoute(currentRoute());
    window.addEventListener("popstate", onMove);
    return () => window.removeEventListener("popstate", onMove);
  }, []);

  useEffect(() => {
    if (session === null) return;
    const follow = createDayTrails({ api, nowMs: () => Date.now(), onTrails: setTrails });
    return watchSymbols({
      api,
      nowMs: () => Date.now(),
      random: () => Math.random(),
      setTimer(callback, delayMs) {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      isVisible: () => document.visibilityState === "visible",
      watchVisibility(notice) {
        document.addEventListener("visibilitychange", notice);
        return () => document.removeEventListener("visibilitychange", notice);
      },
      onView(next) {
        setView(next);
        const traded = next.list.filter((listed) => listed.last !== null);
        if (next.retryAtMs === null) void follow(traded.map((listed) => listed.symbol));
      },
      onUnauthorized: () => setSession(null),
    });
  }, [session]);

  if (session === null) {
    return (
      <TokenForm
        isRefused={readToken() !== null}
        onToken={(token) => {
          keepToken(token);
          setSession(Date.now());
        }}
      />
    );
  }
  switch (route.page) {
    case "symbols":
      return <SymbolsPage view={view} trails={trails} />;
    case "symbol":
      return (
        <SymbolPage
          key={`${session} ${route.symbol}`}
          api={api}
          symbol={route.symbol}
          interval={route.interval}
          symbols={view}
          onUnauthorized={() => setSession(null)}
        />
      );
    case "missing":
      return (
        <main class="notice">
          <p>
            There is no such page. <Link to="/">All symbols</Link>
          </p>
        </main>
      );
    default:
      return route satisfies never;
  }
}

function currentRoute(): Route {
  return routeOf(window.location.pathname, window.location.search);
}
