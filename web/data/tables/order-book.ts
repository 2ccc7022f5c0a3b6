import {
  decimalOf,
  differenceOf,
  numberOf,
  sumOf,
  ZERO,
} from "../../../src/core/attribution/decimal.ts";
import type { Book } from "../../../src/core/books/book.ts";

/** One line of the ladder: a level, and all that is offered down to it. */
export interface LadderRow {
  price: number;
  size: number;
  total: number;
}

export interface Ladder {
  /** The best first. */
  bids: readonly LadderRow[];
  asks: readonly LadderRow[];
  /** The larger total of the two sides, which is the full width. */
  deepest: number;
  /** What is bid less what is asked, in parts of both, over the rows: 1 is all bid; null where there is neither. */
  imbalance: number | null;
  /** Best ask less best bid, and in parts of their middle; null where a side is empty. */
  spread: { amount: number; share: number | null } | null;
}

/** The best so many levels of a book as they are drawn. */
export function ladderOf(book: Book, levels: number): Ladder {
  const [bids, asks] = [rowsOf(book.bids, levels), rowsOf(book.asks, levels)];
  const [bid, ask] = [bids[0], asks[0]];
  const [bidden, asked] = [bids.at(-1)?.total ?? 0, asks.at(-1)?.total ?? 0];
  const middle = bid && ask ? (bid.price + ask.price) / 2 : 0;
  return {
    bids,
    asks,
    deepest: Math.max(bidden, asked),
    imbalance: bidden + asked > 0 ? (bidden - asked) / (bidden + asked) : null,
    spread:
      bid && ask
        ? {
            amount: numberOf(differenceOf(decimalOf(ask.price), decimalOf(bid.price))),
            share: middle > 0 ? (ask.price - bid.price) / middle : null,
          }
        : null,
  };
}

function rowsOf(side: Book["bids"], levels: number): LadderRow[] {
  let total = ZERO;
  return side.slice(0, levels).map(([price, size]) => {
    total = sumOf(total, decimalOf(size));
    return { price, size, total: numberOf(total) };
  });
}
