import { liveChange, NO_CHANGE } from "../data/change.ts";
import { type Digits, digitsOf } from "../data/digits.ts";
import { formatChange, formatPrice } from "../data/format.ts";
import { isStale } from "../data/last-price.ts";
import { listedPrice, type Pasts } from "../data/listed-price.ts";
import { pathOfSymbol } from "../data/route.ts";
import type { ListedSymbol } from "../data/symbol-list.ts";
import { DIRTY } from "../feed/dirty.ts";
import { Link } from "./link.tsx";
import { type SymbolView, useRepaint } from "./symbol-view.ts";
import { signClass } from "./symbols-page.tsx";

/** All symbols, beside the one that is open. */
export function Watchlist(props: {
  list: readonly ListedSymbol[];
  pasts: Pasts;
  view: SymbolView;
  current: string;
}) {
  const { list, pasts, view, current } = props;
  return (
    <nav class="watchlist" aria-label="Symbols">
      <ul>
        {list.map((listed) => {
          const past = pasts.get(listed.symbol);
          const { last, change, asOf } = listedPrice(listed, past);
          if (listed.symbol === current) {
            return <CurrentRow key={current} {...{ listed, view, last, change }} />;
          }
          const isOld = asOf !== null && isStale(asOf, view.clock.nowMs());
          const digits = digitsOf([...(past?.closes ?? []), ...listed.trail]);
          return <Row key={listed.symbol} {...{ listed, last, change, digits, isOld }} />;
        })}
      </ul>
    </nav>
  );
}

/** The open symbol's price is the one its page shows, and not the list's of a second ago. */
function CurrentRow(props: {
  listed: ListedSymbol;
  view: SymbolView;
  last: number | null;
  change: number | null;
}) {
  const { listed, view } = props;
  useRepaint(view, DIRTY.trades | DIRTY.bars | DIRTY.allBars | DIRTY.status);
  const { last, priceDigits } = view.shown();
  if (last === null) {
    const digits = digitsOf(listed.trail);
    return <Row {...{ ...props, digits, isOld: false }} isCurrent />;
  }
  const change = listed.last === null ? props.change : liveChange(listed, last.price);
  const isOld = isStale(last.asOf, view.clock.nowMs());
  return <Row {...{ listed, last: last.price, change, digits: priceDigits, isOld }} isCurrent />;
}

function Row(props: {
  listed: ListedSymbol;
  last: number | null;
  change: number | null;
  digits: Digits;
  isOld: boolean;
  isCurrent?: boolean;
}) {
  const { listed, last, change, digits, isOld, isCurrent = false } = props;
  return (
    <li class={isOld ? "is-stale" : ""}>
      <Link to={pathOfSymbol(listed.symbol)} current={isCurrent}>
        <span class="name">{listed.symbol}</span>
        <span
          key={listed.moves}
          class={`last ${listed.moves > 0 ? `flash is-${listed.direction}` : ""}`}
          data-testid={isCurrent ? "watched-price" : undefined}
        >
          {last === null ? "" : formatPrice(last, digits)}
        </span>
        <span
          class={signClass(change)}
          title={change === null && listed.last !== null ? NO_CHANGE : undefined}
        >
          {change === null ? (last === null ? "" : "—") : formatChange(change)}
        </span>
      </Link>
    </li>
  );
}
