import type { TradeRow } from "../../data/tables/trade-rows.ts";
import type { ZoneId } from "../../data/times/times.ts";
import type { Digits } from "../../data/words/digits.ts";
import { formatClock, formatMoment, formatPrice, formatSize } from "../../data/words/format.ts";
import { gapWords } from "../../data/words/gap-words.ts";
import { DIRTY } from "../../feed/dirty.ts";
import { isCutOff, type SymbolView, useRepaint } from "./symbol-view.ts";

/** The latest trades, newest on top. */
export function TradesPane({ view }: { view: SymbolView }) {
  useRepaint(view, DIRTY.trades | DIRTY.status);
  const shown = view.shown();
  const { rows } = shown.trades;
  const trades = rows.flatMap((row) => (row.kind === "trade" ? [row.trade] : []));
  const { priceDigits: digits, sizeDigits: fraction } = shown;
  const { zone } = view.clock;
  const nowMs = view.clock.nowMs();
  const largest = Math.max(...trades.map((trade) => trade.size), 0);
  return (
    <section class="trades-pane" aria-label="Trades">
      <div class="trade-head" aria-hidden="true">
        <span>Price</span>
        <span>Size</span>
        <span>Time</span>
      </div>
      {rows.length === 0 ? (
        <p class="quiet">
          {isCutOff(view.feed.status())
            ? "Trades come when the server answers."
            : "Trades from now on appear here."}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and without a mouse only what has the focus does
        <ol class="trade-list" tabIndex={0} aria-label="Trades, newest first">
          {rows.map((row) => (
            <Row key={row.key} {...{ row, digits, fraction, largest, nowMs, zone }} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Row(props: {
  row: TradeRow;
  digits: Digits;
  fraction: Digits;
  largest: number;
  nowMs: number;
  zone: ZoneId;
}) {
  const { row, digits, fraction, largest, nowMs, zone } = props;
  if (row.kind === "gap") {
    return (
      <li
        class="gap-row"
        data-testid="gap-marker"
        data-place="trades"
        title={gapWords(row.gap, zone)}
      >
        <span>gap</span>
        <span>
          {formatClock(row.gap.from, zone)} – {formatClock(row.gap.to, zone)}
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
        {formatMoment(trade.ts, nowMs, zone)}
      </time>
    </li>
  );
}
