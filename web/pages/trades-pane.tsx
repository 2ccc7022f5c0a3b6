import {
  digitsOf,
  formatClock,
  formatMoment,
  formatPrice,
  formatSize,
  sizeDigits,
} from "../data/format.ts";
import { gapWords } from "../data/gap-words.ts";
import type { TradeRow } from "../data/trade-rows.ts";
import { DIRTY } from "../feed/dirty.ts";
import { type SymbolView, useRepaint } from "./symbol-view.ts";

/** The latest trades, newest on top. */
export function TradesPane({ view }: { view: SymbolView }) {
  useRepaint(view, DIRTY.trades, 120);
  const { rows } = view.feed.trades();
  const trades = rows.flatMap((row) => (row.kind === "trade" ? [row.trade] : []));
  const digits = digitsOf(trades.slice(0, 40).map((trade) => trade.price));
  const fraction = sizeDigits(trades.slice(0, 40).map((trade) => trade.size));
  const largest = Math.max(...trades.map((trade) => trade.size), 0);
  return (
    <section class="trades-pane" aria-label="Trades">
      <div class="trade-head" aria-hidden="true">
        <span>Price</span>
        <span>Size</span>
        <span>Time</span>
      </div>
      {rows.length === 0 ? (
        <p class="quiet">The next trade appears here.</p>
      ) : (
        <ol class="trade-list">
          {rows.map((row) => (
            <Row key={row.key} row={row} digits={digits} fraction={fraction} largest={largest} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Row(props: { row: TradeRow; digits: number; fraction: number; largest: number }) {
  const { row, digits, fraction, largest } = props;
  if (row.kind === "gap") {
    return (
      <li class="gap-row" data-testid="gap-marker" data-place="trades" title={gapWords(row.gap)}>
        <span>gap</span>
        <span>
          {formatClock(row.gap.from)} – {formatClock(row.gap.to)}
        </span>
      </li>
    );
  }
  const { trade, direction } = row;
  const side = trade.side ?? { up: "buy", down: "sell", same: "none" }[direction];
  const share = largest > 0 ? Math.sqrt(trade.size / largest) * 100 : 0;
  return (
    <li
      class={`trade-row is-${side}`}
      data-testid="trade-row"
      style={{ "--share": `${share.toFixed(0)}%` }}
    >
      <span class="price">{formatPrice(trade.price, digits)}</span>
      <span>{formatSize(trade.size, fraction)}</span>
      <time dateTime={new Date(trade.ts / 1_000).toISOString()}>
        {formatMoment(trade.ts, Date.now())}
      </time>
    </li>
  );
}
