import { useLayoutEffect } from "preact/hooks";
import { asOfTrade, asOfWords, isStale } from "../../data/symbols/last-price.ts";
import { listedPrice, type Past } from "../../data/symbols/listed-price.ts";
import type { ListedSymbol } from "../../data/symbols/symbol-list.ts";
import { netPosition } from "../../data/tables/positions.ts";
import { digitsOf } from "../../data/words/digits.ts";
import {
  formatChange,
  formatGain,
  formatPrice,
  formatSize,
  formatVolume,
} from "../../data/words/format.ts";
import { DIRTY } from "../../feed/dirty.ts";
import { changeClass, signClass } from "../sign-class.ts";
import { isCutOff, type SymbolView, useRepaint } from "./symbol-view.ts";

/** Name, last price and from when it is, and the day's numbers: of the list's last look, moved on by the live price. */
export function InstrumentHeader(props: {
  view: SymbolView;
  symbol: string;
  summary: ListedSymbol | undefined;
  past: Past | undefined;
}) {
  const { view, symbol, summary, past } = props;
  useRepaint(view, DIRTY.trades | DIRTY.bars | DIRTY.allBars | DIRTY.positions | DIRTY.status);
  const { last: shown, trades, priceDigits } = view.shown();
  const known = asOfTrade(shown, summary);
  const last = known?.price ?? summary?.last ?? null;
  const digits = known === null ? digitsOf(summary?.trail ?? []) : priceDigits;
  const lastText = last === null ? null : formatPrice(last, digits);
  const row = trades.rows.find((each) => each.kind === "trade");
  const held = netPosition(view.feed.positions(), last);
  const direction = row?.kind === "trade" ? row.direction : "same";
  const nowMs = view.clock.nowMs();
  const day = summary === undefined ? null : listedPrice(summary, past, known, nowMs);
  const change = day?.change ?? null;
  const volume = day?.volume ?? null;
  const asOf = day?.asOf ?? known?.asOf ?? null;
  const isOld = asOf !== null && (isStale(asOf, nowMs) || isCutOff(view.feed.status()));

  // In the same frame as the price itself.
  useLayoutEffect(() => {
    document.title =
      lastText === null ? `${symbol} · Edgetape` : `${lastText} ${symbol} · Edgetape`;
  }, [lastText, symbol]);

  return (
    <div class={`instrument ${isOld ? "is-stale" : ""}`}>
      <h1>{symbol}</h1>
      {lastText !== null && (
        <>
          <div>
            <div class={`last-price is-${direction}`} data-testid="last-price">
              {lastText}
            </div>
            {isOld && (
              <div class="as-of" data-testid="as-of">
                {asOfWords(asOf, nowMs, view.clock.zone)}
              </div>
            )}
          </div>
          <dl>
            <div>
              <dt>Change 24 h</dt>
              <dd class={changeClass(change)} title={day?.noChange}>
                {change === null ? "—" : formatChange(change)}
              </dd>
            </div>
            <div>
              <dt>Volume 24 h</dt>
              <dd>{volume === null ? "—" : formatVolume(volume)}</dd>
            </div>
            {held !== null && (
              <div data-testid="position">
                <dt>Position</dt>
                <dd>
                  {formatSize(held.quantity, digitsOf([held.quantity]))}
                  {held.gain !== null && (
                    <span class={signClass(held.gain)}> {formatGain(held.gain)}</span>
                  )}
                </dd>
              </div>
            )}
            {view.feed.keeps === "all" && (
              <div class="is-wide">
                <dt>Viewers</dt>
                <dd>{summary === undefined ? "—" : summary.viewers}</dd>
              </div>
            )}
          </dl>
        </>
      )}
    </div>
  );
}
