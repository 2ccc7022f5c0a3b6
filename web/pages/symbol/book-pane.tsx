import { type LadderRow, ladderOf } from "../../data/tables/order-book.ts";
import { formatPrice, formatSize } from "../../data/words/format.ts";
import { DIRTY } from "../../feed/dirty.ts";
import { BookFigures } from "./book-figures.tsx";
import { type SymbolView, useRepaint } from "./symbol-view.ts";

/** Levels shown of each side. */
const LEVELS = 6;

/** The top of the order book, asks above bids; nothing where the symbol has no book. */
export function BookPane({ view }: { view: SymbolView }) {
  useRepaint(view, DIRTY.book);
  const { book, priceDigits: digits, sizeDigits: fraction } = view.shown();
  if (book === null) return null;
  const { bids, asks, deepest, spread } = ladderOf(book, LEVELS);
  const side = (name: "bid" | "ask", levels: readonly LadderRow[]) => (
    <ol class={`book-side is-${name}`}>
      {levels.map((level) => (
        <li
          key={level.price}
          class="book-row"
          data-testid={`book-${name}`}
          style={{ "--share": `${((level.total / deepest) * 100).toFixed(1)}%` }}
        >
          <span class="price">{formatPrice(level.price, digits)}</span>
          <span>{formatSize(level.size, fraction)}</span>
          <span class="dim">{formatSize(level.total, fraction)}</span>
        </li>
      ))}
    </ol>
  );
  return (
    <section class="book-pane" aria-label="Order book" data-testid="book-pane">
      <div class="book-head" aria-hidden="true">
        <span>Price</span>
        <span>Size</span>
        <span>Total</span>
      </div>
      {side("ask", asks.toReversed())}
      <p class="book-spread">
        <span>Spread</span>
        {spread === null ? (
          <b>—</b>
        ) : (
          <>
            <b>{formatPrice(spread.amount, digits)}</b>
            {spread.share !== null && (
              <span class="in-bp">{(spread.share * 1e4).toFixed(2)} bp</span>
            )}
          </>
        )}
      </p>
      {side("bid", bids)}
      <BookFigures view={view} />
    </section>
  );
}
