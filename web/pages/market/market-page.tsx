import { useEffect, useRef, useState } from "preact/hooks";
import { COLUMNS, SORT_S, sortedBy, starred } from "../../data/market/row-order.ts";
import { matching } from "../../data/symbols/symbol-list.ts";
import { isCutOff } from "../../feed/symbols/symbols-watch.ts";
import type { Desk } from "../shell/desk.ts";
import { TopBar } from "../shell/top-bar.tsx";
import { Cards } from "./cards.tsx";
import { FirstPush } from "./first-push.tsx";
import { MarketAlerts } from "./market-alerts.tsx";
import { SymbolRow } from "./symbol-row.tsx";
import { useMarket } from "./use-market.ts";
import { useRows } from "./use-rows.ts";

/** A script of its own would share the stream with this one, and so bring the stream to every page. */
export { openAlertNotices } from "../../feed/alerts/alert-notices.ts";

/** More rows than this are found by typing, not by scrolling. */
const MAX_ROWS = 500;
const ORDERS = ["ascending", "descending"] as const;
/** Every symbol on the tape, live, what the desk makes of them, and what is wrong. */
export function MarketPage({ desk }: { desk: Desk }) {
  const { symbols: view, pasts, clock } = desk;
  const [typed, setTyped] = useState("");
  const rows = useRef<HTMLTableSectionElement>(null);
  const market = useMarket(desk);
  const { rows: ordered, choice, choose } = useRows(desk, market);
  const found = matching(ordered, typed);
  const isEmpty = view.known && view.list.length === 0;
  const isAway = isCutOff(view);

  const focusRow = (index: number) => {
    const links = rows.current?.querySelectorAll<HTMLAnchorElement>("a") ?? [];
    if (index < 0) document.querySelector<HTMLElement>(".search input")?.focus();
    else links[Math.min(index, links.length - 1)]?.focus();
  };

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // Nothing has the focus but the page itself.
      if ((event.target as HTMLElement).matches("body, h1, main")) moveFocus(event, focusRow);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  return (
    <div class="page">
      <TopBar
        {...{ desk, page: "market" }}
        filter={{ typed, found, onType: setTyped, onDown: () => focusRow(0) }}
      />
      <main class="symbols">
        <h1 class="sr-only">Market</h1>
        <MarketAlerts {...{ desk, market }} />
        {view.known && !isEmpty && <Cards {...{ desk, market }} />}
        {isEmpty ? (
          <FirstPush clock={clock} />
        ) : (
          <table class={`symbol-table ${isAway ? "is-cut-off" : ""}`}>
            <thead>
              <tr>
                {COLUMNS.map(({ words, look, value }) => (
                  <th
                    key={words}
                    scope="col"
                    class={look}
                    aria-sort={choice.column === words ? ORDERS[Number(choice.isDown)] : undefined}
                  >
                    {value === undefined ? (
                      words
                    ) : (
                      <button
                        type="button"
                        title={`Sort by it; rows move each ${SORT_S} s`}
                        onClick={() => choose((before) => sortedBy(before, words))}
                      >
                        {words}
                      </button>
                    )}
                  </th>
                ))}
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
                  {...{ market, clock, isAway }}
                  isFavourite={choice.favourites.includes(listed.symbol)}
                  onStar={() => choose((before) => starred(before, listed.symbol))}
                />
              ))}
            </tbody>
          </table>
        )}
        {!view.known && view.list.length === 0 && <p class="quiet">The server is asked…</p>}
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

/** From row to row; to the first or the last where no row has the focus. */
function moveFocus(event: KeyboardEvent, focusRow: (index: number) => void): void {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  const index = (event.target as HTMLElement).closest("tr")?.sectionRowIndex;
  if (event.key === "ArrowDown") focusRow((index ?? -1) + 1);
  else if (event.key === "ArrowUp") focusRow((index ?? Number.MAX_SAFE_INTEGER) - 1);
  else if (index === undefined) return;
  else if (event.key === "Home") focusRow(0);
  else if (event.key === "End") focusRow(Number.MAX_SAFE_INTEGER);
  else return;
  event.preventDefault();
}
