import { useEffect, useState } from "preact/hooks";
import { type Route, routeOf } from "../data/route.ts";
import { createApi } from "../feed/api.ts";
import { repeat, wallClock } from "../feed/clock.ts";
import { keepOwnFiles } from "../feed/newer-build.ts";
import { serverTime } from "../feed/server-time.ts";
import { lastSeenStore } from "../feed/symbols/last-seen.ts";
import { createServerWatch } from "../feed/symbols/server-watch.ts";
import { applyTheme, readTheme, type Theme } from "../feed/theme.ts";
import { dropToken, readToken } from "../feed/token.ts";
import { keepZone, readZone, type ZoneChoice, zoneIdOf } from "../feed/zone.ts";
import { useNotices } from "./alerts/use-notices.ts";
import { useArrival } from "./shell/arrival.ts";
import type { Desk } from "./shell/desk.ts";
import { Keys } from "./shell/keys.tsx";
import { later } from "./shell/later.tsx";
import { Link } from "./shell/link.tsx";
import { NewerBuild } from "./shell/newer-build.tsx";
import { ThemeContext } from "./shell/theme-context.ts";
import { TokenForm } from "./shell/token-form.tsx";
import { REFUSED, useToken } from "./shell/use-token.ts";
import { useSymbols } from "./use-symbols.ts";

const time = serverTime({
  wallMs: wallClock.nowMs,
  store: () => sessionStorage,
  beginAnew: () => window.location.reload(),
});
const clock = { ...wallClock, nowMs: time.nowMs };
const apiOf = (token: () => string | null) =>
  createApi({
    fetch: (url, init) => fetch(url, init),
    token,
    onDate: time.hear,
    wallMs: wallClock.nowMs,
  });
const api = apiOf(readToken);
const isVisible = () => document.visibilityState === "visible";
const server = createServerWatch({ ...clock, isAlive: api.isAlive, isVisible });
const lastSeen = lastSeenStore({
  token: readToken,
  tab: () => sessionStorage,
  browser: () => localStorage,
});
/** The page that is open comes first, in ms. */
const PREPARE_MS = 1_500;
/** A page that is open for days looks for a newer build, in ms. */
const LOOK_EVERY_MS = 3_600_000;
/** What is wrong with a token that was good, where the server has no words for it. */
const ENDED = "The server takes the token no more. What is shown goes on with another.";
const LIGHT = window.matchMedia("(prefers-color-scheme: light)");

const marketPage = later(
  () => import("./market/market-page.tsx"),
  ({ MarketPage }) => MarketPage,
);
const symbolPage = later(
  () => import("./symbol/symbol-page.tsx"),
  ({ SymbolPage }) => SymbolPage,
);
const explorePage = later(
  () => import("./explore/explore-page.tsx"),
  ({ ExplorePage }) => ExplorePage,
);
const deskPage = later(
  () => import("./desk-pages.tsx"),
  ({ DeskPage }) => DeskPage,
);

// The page that most open comes beside what it shows, and not before.
if (currentRoute().page === "market") marketPage.prepare();

/** The page the address names, or the form for a token where the server wants one. */
export function App() {
  const [route, setRoute] = useState<Route>(currentRoute);
  /** Another one begins everything anew. */
  const [session, setSession] = useState(1);
  const { asking, renewals, renew, settle, giveUp, withToken, onUnauthorized } = useToken((token) =>
    apiOf(() => token).symbols({ tag: null, holdS: 0, signal: new AbortController().signal }),
  );
  const [theme, setTheme] = useState<Theme>(readTheme);
  const systemHue = useSystemHue();
  const hue = theme === "system" ? systemHue : theme;
  const [zone, setZone] = useState<ZoneChoice>(readZone);
  const [isOld, setOld] = useState(false);

  const isFramed = route.page === "embed";

  useEffect(() => {
    const onMove = () => {
      setRoute(currentRoute());
      giveUp();
    };
    // A frame has another token.
    const onFragment = () => {
      if (currentRoute().page === "embed") renew();
    };
    window.addEventListener("popstate", onMove);
    window.addEventListener("hashchange", onFragment);
    return () => {
      window.removeEventListener("popstate", onMove);
      window.removeEventListener("hashchange", onFragment);
    };
  }, []);

  const notices = useNotices({ api, clock, server, renewals, isFramed });
  useArrival(window.location.pathname);
  const { view, pasts, onLivePrices, leave } = useSymbols(
    {
      ...{ clock, api, server, isVisible },
      lastSeen: isFramed ? null : lastSeen,
      only: route.page === "embed" ? route.symbol : null,
      onUnauthorized,
    },
    [session, renewals],
  );
  useEffect(() => {
    if (isFramed || !("serviceWorker" in navigator)) return;
    const { pathname: entry } = new URL(import.meta.url);
    const workers = navigator.serviceWorker;
    const look = keepOwnFiles({ workers, entry, onNewer: () => setOld(true) });
    // A server that was away may have come back as another.
    server.onRetry(look);
    repeat(clock, look, LOOK_EVERY_MS);
  }, []);

  useEverySecond();
  // One click on a symbol opens its page, and not the script of it first.
  useEffect(() => clock.setTimer(symbolPage.prepare, PREPARE_MS), []);

  const choose = (next: Theme) => {
    applyTheme(next);
    setTheme(next);
  };
  const desk: Desk = {
    ...{ api, server, symbols: view, pasts, zone, renewals, notices },
    clock: { ...clock, zone: zoneIdOf(zone) },
    onZone(choice) {
      keepZone(choice);
      setZone(choice);
    },
    onLivePrices,
    onReopen: () => setSession(clock.nowMs()),
    onUnauthorized,
    withToken,
    onSignOut() {
      leave();
      dropToken();
      // Nothing of what the page has read is left in it.
      window.location.reload();
    },
  };
  return (
    <ThemeContext.Provider value={{ theme, hue, systemHue, choose }}>
      {asking && isFramed && (
        <p class="embed-refused" role="alert">
          This chart needs a token that may read it.
        </p>
      )}
      {asking && !isFramed && (
        <TokenForm
          scope={asking.scope}
          refusal={
            readToken() === null && asking.isRefused !== true
              ? null
              : (asking.detail ?? (asking.scope === "read" && view.known ? ENDED : REFUSED))
          }
          canClose={view.known}
          onDone={(token) => settle(token, view.known)}
        />
      )}
      {/* What is on screen stays while its next token is asked for. */}
      {(view.known || asking === null) && (
        // A symbol's page draws its axes anew for another zone, and goes on; others begin again.
        <Page key={`${session} ${"symbol" in route ? "" : zone}`} {...{ route, desk }} />
      )}
      {!isFramed && <Keys />}
      {isOld && <NewerBuild />}
    </ThemeContext.Provider>
  );
}

function Page({ route, desk }: { route: Route; desk: Desk }) {
  switch (route.page) {
    case "market":
      return <marketPage.Page desk={desk} />;
    case "symbol":
    case "embed":
      return (
        <symbolPage.Page
          key={route.symbol}
          desk={desk}
          symbol={route.symbol}
          interval={route.interval}
          search={route.search}
          isFramed={route.page === "embed"}
        />
      );
    case "explore":
      return <explorePage.Page desk={desk} search={route.search} />;
    case "alerts":
    case "analytics":
    case "operations":
    case "trace":
      return <deskPage.Page desk={desk} route={route} />;
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

/** What the system's theme comes to here and now. */
function useSystemHue(): "dark" | "light" {
  const [isLight, setLight] = useState(LIGHT.matches);
  useEffect(() => {
    const onChange = () => setLight(LIGHT.matches);
    LIGHT.addEventListener("change", onChange);
    return () => LIGHT.removeEventListener("change", onChange);
  }, []);
  return isLight ? "light" : "dark";
}

/** Ages are told anew while somebody looks. */
function useEverySecond(): void {
  const [, setCount] = useState(0);
  useEffect(
    () =>
      repeat(
        clock,
        () => {
          if (isVisible()) setCount((count) => count + 1);
        },
        1_000,
      ),
    [],
  );
}

function currentRoute(): Route {
  return routeOf(window.location.pathname, window.location.search);
}
