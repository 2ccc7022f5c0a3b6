import { depthOf } from "../../data/tables/depth.ts";
import { type Ladder, ladderOf } from "../../data/tables/order-book.ts";
import type { Digits } from "../../data/words/digits.ts";
import { formatChange, formatPrice, formatSize } from "../../data/words/format.ts";
import { DIRTY } from "../../feed/dirty.ts";
import { type SymbolView, useRepaint } from "./symbol-view.ts";

/** Levels of each side that are counted and drawn. */
const LEVELS = 50;
const BOX = { width: 300, height: 56 };

/** How much lies where in the order book, and which side has more of it. */
export function BookFigures({ view }: { view: SymbolView }) {
  useRepaint(view, DIRTY.book, 250);
  const { book, priceDigits, sizeDigits } = view.shown();
  if (book === null) return null;
  const ladder = ladderOf(book, LEVELS);
  const depth = depthOf(ladder, BOX);
  const words = [
    sideWords("bid", ladder.bids, priceDigits, sizeDigits),
    sideWords("asked", ladder.asks, priceDigits, sizeDigits),
  ].join("; ");
  return (
    <div class="book-figures" data-testid="book-figures">
      {depth !== null && (
        <svg
          viewBox={`0 0 ${BOX.width} ${BOX.height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Depth: ${words}`}
        >
          <path class="is-bid" d={depth.bids} />
          <path class="is-ask" d={depth.asks} />
        </svg>
      )}
      <p title={words}>
        <span>{depth !== null && formatPrice(depth.from, priceDigits)}</span>
        {ladder.imbalance !== null && (
          <span>
            Imbalance <b data-testid="imbalance">{formatChange(ladder.imbalance)}</b>
          </span>
        )}
        <span>{depth !== null && formatPrice(depth.to, priceDigits)}</span>
      </p>
    </div>
  );
}

/** "12.5 bid down to 99.10" */
function sideWords(
  what: "bid" | "asked",
  rows: Ladder["bids"],
  prices: Digits,
  sizes: Digits,
): string {
  const last = rows.at(-1);
  if (last === undefined) return `nothing ${what}`;
  const way = what === "bid" ? "down" : "up";
  return `${formatSize(last.total, sizes)} ${what} ${way} to ${formatPrice(last.price, prices)}`;
}
