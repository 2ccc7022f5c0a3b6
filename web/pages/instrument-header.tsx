import { useEffect } from "preact/hooks";
import type { SymbolSummary } from "../../src/protocol/answers.ts";
import { digitsOf, formatChange, formatGain, formatPrice, formatVolume } from "../data/format.ts";
import { netPosition } from "../data/positions.ts";
import { DIRTY } from "../feed/dirty.ts";
import { type SymbolView, useRepaint } from "./symbol-view.ts";
import { signClass } from "./symbols-page.tsx";

/** Name, last price and the day's numbers. The day's are of the list's last look, moved on by the live price. */
export function InstrumentHeader(props: {
  view: SymbolView;
  symbol: string;
  summary: SymbolSummary | undefined;
}) {
  const { view, symbol, summary } = props;
  useRepaint(view, DIRTY.trades | DIRTY.allBars | DIRTY.positions, 100);
  const { latest, rows } = view.feed.trades();
  const bars = view.feed.bars();
  const last = latest?.price ?? bars.at(-1)?.close ?? summary?.last ?? null;
  const digits = digitsOf(bars.slice(-40).map((bar) => bar.close));
  const lastText = last === null ? null : formatPrice(last, digits);
  const change = liveChange(summary, last);
  const row = rows.find((each) => each.kind === "trade");
  const held = netPosition(view.feed.positions(), last);
  const direction = row?.kind === "trade" ? row.direction : "same";

  useEffect(() => {
    document.title =
      lastText === null ? `${symbol} · Edgetape` : `${lastText} ${symbol} · Edgetape`;
  }, [lastText, symbol]);

  return (
    <div class="instrument">
      <h1>{symbol}</h1>
      {lastText !== null && (
        <>
          <div class={`last-price is-${direction}`} data-testid="last-price">
            {lastText}
          </div>
          <dl>
            <div>
              <dt>Change 24 h</dt>
              <dd class={signClass(change)}>{change === null ? "—" : formatChange(change)}</dd>
            </div>
            <div>
              <dt>Volume 24 h</dt>
              <dd>{summary === undefined ? "—" : formatVolume(summary.volume)}</dd>
            </div>
            {held !== null && (
              <div data-testid="position">
                <dt>Position</dt>
                <dd>
                  {formatVolume(held.quantity).replace("-", "−")}
                  {held.gain !== null && (
                    <span class={signClass(held.gain)}> {formatGain(held.gain)}</span>
                  )}
                </dd>
              </div>
            )}
            <div class="is-wide">
              <dt>Viewers</dt>
              <dd>{summary === undefined ? "—" : summary.viewers}</dd>
            </div>
          </dl>
        </>
      )}
    </div>
  );
}

function liveChange(summary: SymbolSummary | undefined, last: number | null): number | null {
  if (summary === undefined || summary.change === null || summary.last === null || last === null) {
    return null;
  }
  const dayBefore = summary.last / (1 + summary.change);
  return dayBefore === 0 ? null : last / dayBefore - 1;
}
