import { pathOfSymbol } from "../../data/route.ts";
import { asOfTrade, isStale } from "../../data/symbols/last-price.ts";
import {
  type ListedPrice,
  listedPrice,
  type Past,
  type Pasts,
} from "../../data/symbols/listed-price.ts";
import type { ListedSymbol } from "../../data/symbols/symbol-list.ts";
import { type Digits, digitsOf } from "../../data/words/digits.ts";
import { formatChange, formatPrice } from "../../data/words/format.ts";
import { DIRTY } from "../../feed/dirty.ts";
import { Link } from "../shell/link.tsx";
import { changeClass } from "../sign-class.ts";
import { type SymbolView, useRepaint } from "./symbol-view.ts";

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
          if (listed.symbol === current) {
            return <CurrentRow key={current} {...{ listed, past, view }} />;
          }
          const nowMs = view.clock.nowMs();
          const price = listedPrice(listed, past, null, nowMs);
          const isOld = price.asOf !== null && isStale(price.asOf, nowMs);
          return (
            <Row
              key={listed.symbol}
              {...{ listed, price, digits: digitsFor(listed, past), isOld }}
            />
          );
        })}
      </ul>
    </nav>
  );
}

/** The open symbol's price is the one its page shows, and not the list's of a second ago. */
function CurrentRow(props: { listed: ListedSymbol; past: Past | undefined; view: SymbolView }) {
  const { listed, past, view } = props;
  useRepaint(view, DIRTY.trades | DIRTY.bars | DIRTY.allBars | DIRTY.status);
  const { last: shown, priceDigits } = view.shown();
  const last = asOfTrade(shown, listed);
  const nowMs = view.clock.nowMs();
  const price = listedPrice(listed, past, last, nowMs);
  const digits = last === null ? digitsFor(listed, past) : priceDigits;
  const isOld = last !== null && isStale(last.asOf, nowMs);
  return <Row {...{ listed, price, digits, isOld }} isCurrent />;
}

function digitsFor(listed: ListedSymbol, past: Past | undefined): Digits {
  return digitsOf([...(past?.bars.map(({ close }) => close) ?? []), ...listed.trail]);
}

function Row(props: {
  listed: ListedSymbol;
  price: ListedPrice;
  digits: Digits;
  isOld: boolean;
  isCurrent?: boolean;
}) {
  const { listed, price, digits, isOld, isCurrent = false } = props;
  const { last, change, noChange } = price;
  return (
    <li class={isOld ? "is-stale" : ""}>
      <Link to={pathOfSymbol(listed.symbol)} current={isCurrent}>
        <span class="name" title={listed.symbol}>
          {listed.symbol}
        </span>
        <span
          key={listed.moves}
          class={`last ${listed.moves > 0 ? `flash is-${listed.direction}` : ""}`}
          data-testid={isCurrent ? "watched-price" : undefined}
        >
          {last === null ? "" : formatPrice(last, digits)}
        </span>
        <span class={changeClass(change)} title={noChange}>
          {change === null ? (last === null ? "" : "—") : formatChange(change)}
        </span>
      </Link>
    </li>
  );
}
