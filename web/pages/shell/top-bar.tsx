import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { PageName } from "../../data/route.ts";
import { timeText } from "../../data/times/times.ts";
import { symbolsStatus } from "../../feed/symbols/symbols-watch.ts";
import { readToken } from "../../feed/token.ts";
import { Away } from "./away.tsx";
import { type Connection, ConnectionState } from "./connection-state.tsx";
import type { Desk } from "./desk.ts";
import { Link } from "./link.tsx";
import { PLACES } from "./places.ts";
import { type SymbolFilter, SymbolSearch } from "./symbol-search.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";
import { ZoneSwitch } from "./zone-switch.tsx";

/** What every page begins with: where one is, where one can go, and how the connection stands. */
export function TopBar(props: {
  desk: Desk;
  page: PageName;
  /** How the connection stands, where it is not the list's alone. */
  read?(): Connection;
  onRetry?(): void;
  /** What is typed into the search, where the page itself shows what is found. */
  filter?: SymbolFilter;
}) {
  const { desk, page, onRetry, filter } = props;
  const { clock, symbols } = desk;
  const read =
    props.read ?? (() => ({ status: symbolsStatus(symbols, clock.nowMs()), quiet: null }));
  useEffect(() => {
    const place = PLACES.find((each) => each.page === page);
    // Any other page has a title of what it shows.
    if (place !== undefined) document.title = `${place.words} · Edgetape`;
  }, [page]);
  const places = useRef<HTMLElement>(null);
  // On a narrow screen the row of places scrolls, and the page that is open may lie beyond its edge.
  useLayoutEffect(() => {
    const row = places.current;
    const current = row?.querySelector<HTMLElement>("[aria-current]");
    if (!row || !current) return;
    // Not scrollIntoView: the first Tab would begin behind what it shows.
    const end = current.offsetLeft + current.offsetWidth - row.offsetLeft;
    row.scrollLeft = Math.max(0, end - row.clientWidth);
  }, [page]);
  return (
    <>
      <header class="top-bar">
        <button class="skip button" type="button" onClick={skipBar}>
          Skip to the page
        </button>
        <Link to="/" class="brand" label="Edgetape: all symbols">
          <Mark />
          <span>Edgetape</span>
        </Link>
        <nav class="places" aria-label="Pages" ref={places}>
          {PLACES.map((place) => (
            <Link key={place.page} to={place.path} current={place.page === page}>
              {place.words}
            </Link>
          ))}
          <a href="/docs">Reference</a>
        </nav>
        <div class="top-bar-middle">
          <SymbolSearch list={symbols.list} filter={filter} />
        </div>
        <ZoneSwitch chosen={desk.zone} onChoose={desk.onZone} />
        <div class="bar-buttons">
          <ThemeSwitch />
          {readToken() !== null && <SignOut onClick={desk.onSignOut} />}
        </div>
        <ConnectionState {...{ clock, read }} onRetry={onRetry ?? desk.server.retryNow} />
      </header>
      <p class="on-paper">
        Edgetape, {timeText("dateClock", clock.nowMs(), clock.zone)}, {clock.zone}
      </p>
      <Away desk={desk} />
    </>
  );
}

/** The next Tab is that of what the page shows. */
function skipBar(): void {
  const main = document.querySelector("main");
  if (main === null) return;
  main.tabIndex = -1;
  main.focus();
}

/** Who is next at this browser sees nothing of what the token has read. */
function SignOut({ onClick }: { onClick(): void }) {
  return (
    <button
      class="icon-button"
      type="button"
      aria-label="Sign out: this tab forgets its token and what it read"
      title="Sign out"
      onClick={onClick}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <g fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round">
          <path d="M9 2.5H3.5v11H9" />
          <path d="M7 8h6.5M11 5.5 13.5 8 11 10.5" />
        </g>
      </svg>
    </button>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <g stroke-width="1.4" stroke-linecap="round">
        <path stroke="var(--up)" d="M4 3v13" />
        <path stroke="var(--down)" d="M10 2v12" />
        <path stroke="var(--accent)" d="M16 6v12" />
      </g>
      <rect x="2" y="7" width="4" height="6" rx="0.8" fill="var(--up)" />
      <rect x="8" y="4" width="4" height="6" rx="0.8" fill="var(--down)" />
      <rect x="14" y="9" width="4" height="6" rx="0.8" fill="var(--accent)" />
    </svg>
  );
}
