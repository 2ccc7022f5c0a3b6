import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BookState,
  foldBook,
  keyframeOf,
  sampleBooks,
  snapshotOf,
} from "../../../../src/core/books/book-samples.ts";
import type { BookEvent } from "../../../../src/protocol/events/book.ts";
import type { TapeEvent } from "../../../../src/protocol/events/event.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";

const START_US = 1_700_000_000_000_000;
const SECOND_US = 1_000_000;

function book(type: BookEvent["type"], size: number, ts = START_US, seq?: number): BookEvent {
  const bids: BookEvent["bids"] = [[10, size]];
  const said = seq === undefined ? {} : { seq };
  return { kind: "book", ts: ts as EpochUs, type, bids, asks: [], ...said };
}

/** A log that takes one event a call, with the cursors of its clock. */
function logOf(...calls: [atS: number, event: TapeEvent][]) {
  let state: BookState | null = null;
  const log: BookEvent[] = [];
  for (const [atS, event] of calls) {
    const cursor = (START_US + atS * SECOND_US) as Cursor;
    for (const one of sampleBooks(state, [event], cursor)) {
      if (one.kind !== "book") continue;
      log.push(one);
      state = foldBook(state, one, cursor);
    }
  }
  return { log, state: state as BookState | null };
}

const forms = (log: readonly BookEvent[]) =>
  log.map(({ type, sampled, bids }) => `${type}${sampled ? "!" : ""} ${bids[0]?.[1]}`);

describe("D-5 samples of a book", () => {
  it("are the posted snapshots that are due, and a keyframe at the first change after an interval", () => {
    const { log, state } = logOf(
      [0, book("snapshot", 1)],
      [1, book("diff", 2)],
      [2, book("snapshot", 3)],
      [9.9, book("diff", 4)],
      [10, book("diff", 5)],
      [12, book("diff", 6)],
    );
    expect(forms(log)).toEqual([
      "snapshot! 1",
      "diff 2",
      "snapshot 3",
      "diff 4",
      "diff 5",
      "snapshot! 5",
      "diff 6",
    ]);
    expect(state?.isChanged).toBe(true);
  });

  it("are none of a book that has had no snapshot (D-3), and none twice of one that does not change", () => {
    expect(forms(logOf([0, book("diff", 1)], [20, book("diff", 2)]).log)).toEqual([
      "diff 1",
      "diff 2",
    ]);
    const { state } = logOf([0, book("snapshot", 1)]);
    const later = (START_US + 60 * SECOND_US) as Cursor;
    const metric: TapeEvent = { kind: "metric", ts: START_US as EpochUs, metric: "m", value: 1 };
    expect(sampleBooks(state, [metric], later)).toEqual([metric]);
  });

  it("are recorded snapshots by their own time, however fast they are pushed, and one keyframe a push", () => {
    const hour = Array.from({ length: 3_600 }, (_, s) =>
      book(s % 2 === 0 ? "snapshot" : "diff", s + 1, START_US + s * SECOND_US),
    );
    const sampled = sampleBooks(null, hour, START_US as Cursor).filter(
      (event) => event.kind === "book" && event.sampled,
    );
    expect(sampled).toHaveLength(360);
    const diffs = hour.map((event): BookEvent => ({ ...event, type: "diff" }));
    const { state } = logOf([0, book("snapshot", 1)]);
    const later = (START_US + 11 * SECOND_US) as Cursor;
    expect(sampleBooks(state, diffs, later)).toHaveLength(diffs.length + 1);
  });

  it("are those that their producer has marked, however soon, so that an export is kept whole", () => {
    const kept: BookEvent = { ...book("snapshot", 2), sampled: true };
    const { log } = logOf(
      [0, book("snapshot", 1)],
      [1, kept],
      [9, book("diff", 3)],
      [10.5, book("diff", 4)],
    );
    // The interval begins anew with each of them.
    expect(forms(log)).toEqual(["snapshot! 1", "snapshot! 2", "diff 3", "diff 4"]);
  });

  it("keep the count and the time of the last change, and a snapshot without a count has none", () => {
    const { state } = logOf(
      [0, book("snapshot", 1, START_US, 7)],
      [1, book("diff", 2, START_US + 5)],
    );
    expect(keyframeOf(state ?? expect.fail("no book"))).toEqual({
      ...book("snapshot", 2, START_US + 5, 7),
      sampled: true,
    });
    const again = logOf([0, book("snapshot", 1, START_US, 7)], [1, book("snapshot", 2)]).state;
    expect(snapshotOf(again ?? expect.fail("no book")).seq).toBeUndefined();
  });

  it("change nothing of the book, and leave what was posted in its order", () => {
    const event = fc
      .tuple(fc.boolean(), fc.nat({ max: 4 }), fc.nat({ max: 30 }))
      .map(([isDiff, size, s]) =>
        book(isDiff ? "diff" : "snapshot", size, START_US + s * SECOND_US),
      );
    fc.assert(
      fc.property(fc.array(event), fc.nat({ max: 40 }), (events, atS) => {
        const cursor = (START_US + atS * SECOND_US) as Cursor;
        const fold = (all: readonly TapeEvent[]) =>
          all.reduce<BookState | null>(
            (state, one) => (one.kind === "book" ? foldBook(state, one, cursor) : state),
            null,
          )?.book;
        const sampled = sampleBooks(null, events, cursor);
        expect(fold(sampled)).toEqual(fold(events));
        const posted = sampled.slice(0, events.length).map(({ ...one }) => {
          if (one.kind === "book") delete one.sampled;
          return one;
        });
        expect(posted).toEqual(events);
      }),
    );
  });
});
