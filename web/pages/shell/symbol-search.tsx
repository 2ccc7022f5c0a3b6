import { useEffect, useRef, useState } from "preact/hooks";
import { pathOfSymbol } from "../../data/route.ts";
import { type ListedSymbol, matching } from "../../data/symbols/symbol-list.ts";
import { navigate } from "./link.tsx";

/** So many are offered under the field; more are found by typing more. */
const OFFERED = 8;

/** What is typed where the page itself shows what is found, in its own order. */
export interface SymbolFilter {
  typed: string;
  found: readonly ListedSymbol[];
  onType(typed: string): void;
  onDown(): void;
}

/**
 * Finds a symbol from any page: `/` leads here, Enter to the first that holds what was typed. `filter`: the page itself shows what is
 * found; elsewhere it is offered below.
 */
export function SymbolSearch(props: {
  list: readonly ListedSymbol[];
  filter?: SymbolFilter | undefined;
}) {
  const { list, filter } = props;
  const [own, setOwn] = useState("");
  const [chosen, setChosen] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const typed = filter?.typed ?? own;
  const found = filter?.found ?? (typed.trim() === "" ? [] : matching(list, typed));
  const offered = filter === undefined && isOpen ? found.slice(0, OFFERED) : [];
  useSlashKey(field);

  const type = (text: string) => {
    setChosen(0);
    setOpen(true);
    if (filter === undefined) setOwn(text);
    else filter.onType(text);
  };
  const open = (symbol: string) => {
    type("");
    setOpen(false);
    field.current?.blur();
    navigate(pathOfSymbol(symbol));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = found[filter === undefined ? chosen : 0];
    const last = offered.length - 1;
    if (event.key === "Enter" && target !== undefined) open(target.symbol);
    else if (event.key === "Escape") type("");
    else if (event.key === "ArrowDown" && filter !== undefined) filter.onDown();
    else if (event.key === "ArrowDown" && last >= 0) setChosen(Math.min(last, chosen + 1));
    else if (event.key === "ArrowUp" && last >= 0) setChosen(Math.max(0, chosen - 1));
    else return;
    event.preventDefault();
  };

  return (
    <div class="search-box">
      <label class="search">
        <SearchIcon />
        <span class="sr-only">Find a symbol</span>
        <input
          ref={field}
          type="text"
          role={filter === undefined ? "combobox" : "searchbox"}
          placeholder="Find a symbol"
          autocomplete="off"
          spellcheck={false}
          {...(filter === undefined && {
            "aria-expanded": offered.length > 0,
            "aria-controls": "found-symbols",
            "aria-activedescendant": offered.length > 0 ? `found-${chosen}` : undefined,
          })}
          value={typed}
          onInput={(event) => type((event.target as HTMLInputElement).value)}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </label>
      {filter === undefined && (
        <div
          id="found-symbols"
          class="found"
          role="listbox"
          aria-label="Symbols found"
          hidden={offered.length === 0}
        >
          {offered.map(({ symbol }, at) => (
            <div
              key={symbol}
              id={`found-${at}`}
              role="option"
              tabIndex={-1}
              aria-selected={at === chosen}
              // Before the field loses the focus, and the list with it.
              onMouseDown={(event) => {
                event.preventDefault();
                open(symbol);
              }}
            >
              {symbol}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function useSlashKey(field: { current: HTMLInputElement | null }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

/** Is the key meant for a field of text? */
export function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
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
