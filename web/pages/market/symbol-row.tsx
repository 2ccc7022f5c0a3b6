import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { LiveSymbol } from "../../data/market/live-market.ts";
import { rowFigures } from "../../data/market/row-figures.ts";
import { pathOfSymbol } from "../../data/route.ts";
import { type AsOf, asOfWords, endMsOf, whenWords } from "../../data/symbols/last-price.ts";
import type { Past } from "../../data/symbols/listed-price.ts";
import type { ListedSymbol } from "../../data/symbols/symbol-list.ts";
import type { ZoneId } from "../../data/times/times.ts";
import { type Digits, digitsAfter, digitsOf } from "../../data/words/digits.ts";
import {
  formatAge,
  formatChange,
  formatPrice,
  formatValue,
  formatVolume,
} from "../../data/words/format.ts";
import type { DeskClock } from "../../feed/clock.ts";
import type { MarketFeed } from "../../feed/market/market-feed.ts";
import { Painted } from "../painted.ts";
import { Link } from "../shell/link.tsx";
import { changeClass } from "../sign-class.ts";
import { sight } from "./sight.ts";
import { Sparkline } from "./sparkline.tsx";

/** One line of the list of all symbols. It is painted at each change while it is in sight, and else when it comes into sight. */
export function SymbolRow(props: {
  listed: ListedSymbol;
  past: Past | undefined;
  market: MarketFeed | null;
  clock: DeskClock;
  /** No news can come, so a price says the moment that it is of, however new it is. */
  isAway: boolean;
  isFavourite: boolean;
  onStar(): void;
}) {
  const { listed, past, market, clock, isAway, isFavourite, onStar } = props;
  const { symbol, viewers } = listed;
  const [, setCount] = useState(0);
  const row = useRef<HTMLTableRowElement>(null);
  const isSeen = useRef(true);
  const digits = useMemo(
    () => digitsOf([...(past?.bars.map(({ close }) => close) ?? []), ...listed.trail]),
    [past, listed],
  );
  useEffect(
    () =>
      sight.observe(row.current, (seen) => {
        isSeen.current = seen;
        if (seen) setCount((count) => count + 1);
      }),
    [],
  );
  useEffect(
    () =>
      market?.onSymbol(symbol, () => {
        if (isSeen.current) setCount((count) => count + 1);
      }),
    [market, symbol],
  );
  // What is in sight is made of this moment.
  return <Painted of={isSeen.current ? [{}] : null}>{painted}</Painted>;

  function painted() {
    const { zone } = clock;
    const nowMs = clock.nowMs();
    const figures = rowFigures(listed, past, market?.symbols.get(symbol), nowMs);
    const { last, change, noChange, volume, trail, asOf, event, spread, moves, direction } =
      figures;
    const isOld = asOf !== null && (isAway || figures.isOld);
    return (
      <tr ref={row} data-testid="symbol-row" data-symbol={symbol} class={isOld ? "is-stale" : ""}>
        <th scope="row">
          <button
            class="star"
            type="button"
            aria-label={`Favourite: ${symbol}`}
            title="Favourites stand first"
            aria-pressed={isFavourite}
            onClick={onStar}
          />
          <Link to={pathOfSymbol(symbol)} class="row-link">
            <span title={symbol}>{symbol}</span>
          </Link>
        </th>
        <td class="number last" title={isOld ? asOfWords(asOf, nowMs, zone) : undefined}>
          {/* A new element for each move, so that the flash begins anew. */}
          <span key={moves} class={moves > 0 ? `flash is-${direction}` : ""}>
            {last === null ? (
              <span class="faint">—</span>
            ) : (
              formatPrice(last, digitsAfter(digits, [last]))
            )}
          </span>
          {isOld && last !== null && (
            <div class={`age-below ${isAway ? "is-told" : ""}`}>
              {isAway ? whenWords(asOf, nowMs, zone) : ageWords(asOf, nowMs, zone)}
            </div>
          )}
        </td>
        <td class={`number ${changeClass(change)}`} title={noChange}>
          {change === null ? <span class="faint">—</span> : formatChange(change)}
        </td>
        <td class="trail">
          <Sparkline values={trail} change={change} />
        </td>
        <td class="number is-wide">
          {volume === null ? <span class="faint">—</span> : formatVolume(volume)}
        </td>
        <Spread spread={spread} digits={digits} />
        <td class="number is-wide">{viewers > 0 ? viewers : <span class="faint">—</span>}</td>
        <td class="number is-age dim">{event === null ? "—" : ageWords(event, nowMs, zone)}</td>
      </tr>
    );
  }
}

function Spread({ spread, digits }: { spread: LiveSymbol["spread"]; digits: Digits }) {
  if (spread === null) {
    return (
      <td class="number is-wide">
        <span class="faint">—</span>
      </td>
    );
  }
  const { bid, ask } = spread;
  const middle = (bid + ask) / 2;
  const share =
    middle > 0 ? `${formatValue(((ask - bid) / middle) * 1e4)} basis points` : undefined;
  return (
    <td class="number is-wide" data-testid="spread" title={share}>
      {formatPrice(ask - bid, digitsAfter(digits, [bid, ask]))}
    </td>
  );
}

/** How long ago, and by its date what is more than some days old. */
function ageWords(asOf: AsOf, nowMs: number, zone: ZoneId): string {
  const ageMs = nowMs - endMsOf(asOf);
  return ageMs < 7 * 86_400_000 && asOf.kind !== "day"
    ? formatAge(ageMs)
    : whenWords(asOf, nowMs, zone).replace(/,.*/, "");
}
