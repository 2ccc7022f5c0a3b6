import { useEffect, useRef, useState } from "preact/hooks";
import type { Pasts } from "../../data/symbols/listed-price.ts";
import { pathOfSymbol } from "../../data/symbols/route.ts";
import { matching } from "../../data/symbols/symbol-list.ts";
import type { Api } from "../../feed/api.ts";
import type { Clock } from "../../feed/clock.ts";
import type { ServerWatch } from "../../feed/symbols/server-watch.ts";
import { type SymbolsView, symbolsStatus } from "../../feed/symbols/symbols-watch.ts";
import { ActiveAlerts } from "../active-alerts.tsx";
import { navigate } from "../link.tsx";
import { TopBar } from "../top-bar.tsx";
import { FirstPush } from "./first-push.tsx";
import { SymbolRow } from "./symbol-row.tsx";

/** More rows than this are found by typing, not by scrolling. */
const MAX_ROWS = 400;

/** Every symbol on the tape. */
export function SymbolsPage(props: {
  api: Api;
  view: SymbolsView;
  pasts: Pasts;
  clock: Clock;
  server: ServerWatch;
}) {
  const { api, view, pasts, clock, server } = props;
  const [typed, setTyped] = useState("");
  const filter = useRef<HTMLInputElement>(null);
  const rows = useRef<HTMLTableSectionElement>(null);
  const found = matching(view.list, typed);
  const nowMs = clock.nowMs();

  useEffect(() => {
    document.title = "Edgetape";
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.target === filter.current) return;
      event.preventDefault();
      filter.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  const focusRow = (index: number) => {
    const links = rows.current?.querySelectorAll<HTMLAnchorElement>("a") ?? [];
    if (index < 0) filter.current?.focus();
    else links[Math.min(index, links.length - 1)]?.focus();
  };

  return (
    <div class="page">
      <TopBar
        read={() => ({ status: symbolsStatus(view, clock.nowMs()), quiet: null })}
        onRetry={server.retryNow}
      >
        <label class="search">
          <SearchIcon />
          <span class="sr-only">Find a symbol</span>
          <input
            ref={filter}
            type="search"
            placeholder="Find a symbol"
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped((event.target as HTMLInputElement).value)}
            onKeyDown={(event: KeyboardEvent) => {
              if (event.key === "ArrowDown") focusRow(0);
              else if (event.key === "Enter" && found[0]) navigate(pathOfSymbol(found[0].symbol));
              else if (event.key === "Escape") setTyped("");
              else return;
              event.preventDefault();
            }}
          />
          <span class="key" aria-hidden="true">
            /
          </span>
        </label>
      </TopBar>
      <main class="symbols">
        <h1 class="sr-only">Symbols</h1>
        <ActiveAlerts {...{ api, clock }} />
        {view.known && view.list.length === 0 ? (
          <FirstPush />
        ) : (
          <table class={`symbol-table ${view.retryAtMs === null ? "" : "is-cut-off"}`}>
            <thead>
              <tr>
                <th scope="col">Symbol</th>
                <th scope="col" class="number">
                  Last
                </th>
                <th scope="col" class="number">
                  Change 24 h
                </th>
                <th scope="col" class="trail">
                  Last day
                </th>
                <th scope="col" class="number is-wide">
                  Volume 24 h
                </th>
                <th scope="col" class="number is-wide">
                  Viewers
                </th>
                <th scope="col" class="number is-age">
                  Last event
                </th>
              </tr>
            </thead>
            <tbody
              ref={rows}
              onKeyDown={(event: KeyboardEvent) => moveFocus(event, focusRow)}
              onClick={openRow}
            >
              {found.slice(0, MAX_ROWS).map((listed) => (
                <SymbolRow
                  key={listed.symbol}
                  listed={listed}
                  past={pasts.get(listed.symbol)}
                  nowMs={nowMs}
                />
              ))}
            </tbody>
          </table>
        )}
        {view.list.length > 0 && found.length === 0 && (
          <p class="quiet">No symbol holds “{typed.trim()}”.</p>
        )}
        {found.length > MAX_ROWS && (
          <p class="quiet">{found.length - MAX_ROWS} more: type a part of the name.</p>
        )}
      </main>
    </div>
  );
}

/** What lies above the row's link, for it has a title, leads where the link does. */
function openRow({ target }: MouseEvent): void {
  const cell = (target as HTMLElement).closest("td[title]");
  cell?.closest("tr")?.querySelector("a")?.click();
}

function moveFocus(event: KeyboardEvent, focusRow: (index: number) => void): void {
  const row = (event.target as HTMLElement).closest("tr") as HTMLTableRowElement | null;
  if (row === null) return;
  const index = row.sectionRowIndex;
  if (event.key === "ArrowDown") focusRow(index + 1);
  else if (event.key === "ArrowUp") focusRow(index - 1);
  else if (event.key === "Home") focusRow(0);
  else if (event.key === "End") focusRow(Number.MAX_SAFE_INTEGER);
  else return;
  event.preventDefault();
}

function SearchIcon() {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round">
        <circle cx="7" cy="7" r="4.5" />
        <path d="M10.5 10.5 14 14" />
      </g>
    </svg>
  );
}
