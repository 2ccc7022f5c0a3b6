import type { BookEvent, Level } from "../../protocol/events/book.ts";
import { MAX_BOOK_LEVELS } from "../../protocol/events/book-limits.ts";

/** An order book: bids from the highest price down, asks from the lowest up, no price twice on a side, no size 0. */
export interface Book {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** What changes a book. Its levels may be in any order; of a price that comes twice on a side the last counts. */
export type BookChange = Pick<BookEvent, "type" | "bids" | "asks">;

/**
 * The book after a change: a snapshot replaces it, a diff sets the size of its levels, 0 takes one out. A diff before any
 * snapshot has nothing to change and is dropped (SPEC D-3). Beyond 1,000 levels a side the worst go (D-4).
 */
export function changeBook(book: Book | null, { type, bids, asks }: BookChange): Book | null {
  switch (type) {
    case "snapshot":
      return { bids: mergeSide([], bids, higherFirst), asks: mergeSide([], asks, lowerFirst) };
    case "diff":
      if (book === null) return null;
      return {
        bids: mergeSide(book.bids, bids, higherFirst),
        asks: mergeSide(book.asks, asks, lowerFirst),
      };
    default:
      return type satisfies never;
  }
}

/** The best so many levels of each side. */
export function topOf({ bids, asks }: Book, levels: number): Book {
  return { bids: bids.slice(0, levels), asks: asks.slice(0, levels) };
}

type PriceOrder = (a: number, b: number) => number;
const higherFirst: PriceOrder = (a, b) => b - a;
const lowerFirst: PriceOrder = (a, b) => a - b;

/** One pass over both lists, so that a change costs no more for having many levels. */
function mergeSide(
  before: readonly Level[],
  changes: readonly Level[],
  order: PriceOrder,
): readonly Level[] {
  if (changes.length === 0) return before;
  // A map keeps 0 and -0 apart from every other price, but not from each other, as an order book should.
  const sizes = new Map(changes);
  const changed = [...sizes.keys()].sort(order);
  const merged: Level[] = [];
  let at = 0;
  for (const price of changed) {
    for (let level = before[at]; level !== undefined; level = before[at]) {
      const ordered = order(level[0], price);
      if (ordered > 0) break;
      if (ordered < 0) merged.push(level);
      at += 1;
    }
    const size = sizes.get(price) ?? 0;
    if (size > 0) merged.push([price, size]);
  }
  for (; at < before.length; at += 1) merged.push(before[at] as Level);
  return merged.length > MAX_BOOK_LEVELS ? merged.slice(0, MAX_BOOK_LEVELS) : merged;
}
