import { digitsOf, formatChange, formatPrice } from "../data/format.ts";
import { pathOfSymbol } from "../data/route.ts";
import type { SymbolsView } from "../feed/symbols-watch.ts";
import { Link } from "./link.tsx";
import { signClass } from "./symbols-page.tsx";

/** The other symbols, beside the one that is open. */
export function Watchlist({ symbols, current }: { symbols: SymbolsView; current: string }) {
  return (
    <nav class="watchlist" aria-label="Symbols">
      <ul>
        {symbols.list.map((listed) => (
          <li key={listed.symbol}>
            <Link to={pathOfSymbol(listed.symbol)} current={listed.symbol === current}>
              <span class="name">{listed.symbol}</span>
              <span
                key={listed.moves}
                class={listed.moves > 0 ? `flash is-${listed.direction}` : ""}
              >
                {listed.last === null ? "" : formatPrice(listed.last, digitsOf(listed.trail))}
              </span>
              <span class={signClass(listed.change)}>
                {listed.change === null ? "" : formatChange(listed.change)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
