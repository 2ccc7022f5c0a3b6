import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Book, type BookChange, changeBook, topOf } from "../../../../src/core/books/book.ts";
import type { Level } from "../../../../src/protocol/events/book.ts";
import { MAX_BOOK_LEVELS } from "../../../../src/protocol/events/book-limits.ts";

// Few prices, so that they meet often, negative ones and both zeros among them.
const price = fc.oneof(fc.integer({ min: -6, max: 12 }), fc.constantFrom(-0, 0.5, 1e-9));
const levels = fc.array(fc.tuple(price, fc.nat({ max: 3 })), { maxLength: 8 });
const change: fc.Arbitrary<BookChange> = fc.record({
  type: fc.constantFrom("snapshot" as const, "diff" as const, "diff" as const),
  bids: levels,
  asks: levels,
});

/** D-2 by its words: a size for each price of a side. */
function naive(changes: readonly BookChange[]): Book | null {
  let sides: { bids: Map<number, number>; asks: Map<number, number> } | null = null;
  for (const { type, bids, asks } of changes) {
    if (type === "snapshot") sides = { bids: new Map(), asks: new Map() };
    for (const [price, size] of bids) sides?.bids.set(price, size);
    for (const [price, size] of asks) sides?.asks.set(price, size);
  }
  if (sides === null) return null;
  const listed = (side: Map<number, number>, sign: number) =>
    [...side].filter(([, size]) => size > 0).sort(([a], [b]) => sign * (a - b));
  return { bids: listed(sides.bids, -1), asks: listed(sides.asks, 1) };
}

const changed = (changes: readonly BookChange[]) =>
  changes.reduce<Book | null>((book, one) => changeBook(book, one), null);

/** Both zeros are one price, whichever of them stays. */
const plain = (book: Book | null) =>
  JSON.stringify(book, (_, value) => (typeof value === "number" ? value + 0 : value));

describe("a book", () => {
  it("D-2 D-3 is what its snapshots and diffs say, sorted, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        expect(plain(changed(changes))).toBe(plain(naive(changes)));
      }),
      { numRuns: 1_000 },
    );
  });

  it("is never changed in place: whoever has it has it", () => {
    const before = changed([{ type: "snapshot", bids: [[1, 1]], asks: [[2, 1]] }]);
    const text = JSON.stringify(before);
    changeBook(before, { type: "diff", bids: [[1, 0]], asks: [[2, 5]] });
    expect(JSON.stringify(before)).toBe(text);
  });

  it("D-4 has at most 1,000 levels a side, the best ones", () => {
    const bids = Array.from({ length: MAX_BOOK_LEVELS }, (_, at): Level => [at, 1]);
    const full = changed([
      { type: "snapshot", bids, asks: bids.map(([at, one]) => [at + 2e3, one]) },
    ]);
    const grown = changeBook(full, { type: "diff", bids: [[5_000, 1]], asks: [[1_500, 1]] });
    expect([grown?.bids.length, grown?.asks.length]).toEqual([MAX_BOOK_LEVELS, MAX_BOOK_LEVELS]);
    expect([grown?.bids[0], grown?.bids.at(-1)]).toEqual([
      [5_000, 1],
      [1, 1],
    ]);
    expect([grown?.asks[0], grown?.asks.at(-1)]).toEqual([
      [1_500, 1],
      [2_998, 1],
    ]);
  });

  it("may be crossed by diffs, and is looked at from the top", () => {
    const book = changed([
      {
        type: "snapshot",
        bids: [
          [9, 1],
          [10, 2],
        ],
        asks: [
          [12, 1],
          [11, 3],
        ],
      },
      { type: "diff", bids: [[11.5, 1]], asks: [] },
    ]);
    expect(topOf(book ?? expect.fail("no book"), 2)).toEqual({
      bids: [
        [11.5, 1],
        [10, 2],
      ],
      asks: [
        [11, 3],
        [12, 1],
      ],
    });
  });
});
