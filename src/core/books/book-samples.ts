import type { BookEvent, Level } from "../../protocol/events/book.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { type Book, changeBook, topOf } from "./book.ts";

/** A book that changes has a sample no more often than this. */
export const SAMPLE_INTERVAL_US = 10_000_000;

/** Where and when the last sample is. `ts` is the latest of all samples, so that it only grows. */
export interface SamplePlace {
  cursor: Cursor;
  ts: EpochUs;
}

/** What a log says of its book. Plain data, a fold over book events in the order of the log (SPEC D-2). */
export interface BookState {
  book: Book;
  /** Of the last event that the book took. */
  ts: EpochUs;
  seq?: BookEvent["seq"];
  /** The book has changed since its last sample, or never had one. */
  isChanged: boolean;
  sampled: SamplePlace | null;
}

/** The state after one more event of the log; null as long as there has been no snapshot. */
export function foldBook(
  state: BookState | null,
  event: BookEvent,
  cursor: Cursor,
): BookState | null {
  const book = changeBook(state?.book ?? null, event);
  if (book === null) return null;
  const isSampled = event.sampled === true;
  const sampled = state?.sampled ?? null;
  const latestTs = Math.max(event.ts, sampled?.ts ?? event.ts) as EpochUs;
  return {
    book,
    ts: event.ts,
    // A diff without a number goes on from the event before it.
    seq: event.seq ?? (event.type === "diff" ? state?.seq : undefined),
    isChanged: !isSampled,
    sampled: isSampled ? { cursor, ts: latestTs } : sampled,
  };
}

/** Whether an interval of the log has passed since the last sample. */
export function isKeyframeDue(last: SamplePlace | null, cursor: Cursor): boolean {
  return last === null || cursor >= last.cursor + SAMPLE_INTERVAL_US;
}

/** Whether a posted snapshot is a sample: by the log's time or its own, so that recorded books count by theirs. */
export function isSampleDue(last: SamplePlace | null, cursor: Cursor, ts: EpochUs): boolean {
  return isKeyframeDue(last, cursor) || (last !== null && ts >= last.ts + SAMPLE_INTERVAL_US);
}

/** The whole book as a snapshot. */
export function snapshotOf({ book, ts, seq }: BookState): BookEvent {
  return {
    kind: "book",
    ts,
    type: "snapshot",
    bids: book.bids as Level[],
    asks: book.asks as Level[],
    ...(seq !== undefined && { seq }),
  };
}

/** The best so many levels as a snapshot; null where there is no book. */
export function bookOf(state: BookState | null, levels: number): BookEvent | null {
  return state === null ? null : snapshotOf({ ...state, book: topOf(state.book, levels) });
}

/** The same as a keyframe of the room's own. */
export function keyframeOf(state: BookState): BookEvent {
  return { ...snapshotOf(state), sampled: true };
}

/**
 * Events on their way into a log, with its samples among them (SPEC D-5): posted snapshots that are due are marked, and where
 * the book has changed since the last sample, an interval ago, a keyframe follows the events. One for all of them: their
 * number, and not their times, must bound what is written.
 */
export function sampleBooks(
  before: BookState | null,
  events: readonly TapeEvent[],
  cursor: Cursor,
): TapeEvent[] {
  let state = before;
  const sampled = events.map((event) => {
    if (event.kind !== "book") return event;
    const isSample =
      event.type === "snapshot" && isSampleDue(state?.sampled ?? null, cursor, event.ts);
    // One that its producer has marked is a sample already, as those of an export that is pushed again.
    const taken: BookEvent = isSample ? { ...event, sampled: true } : event;
    state = foldBook(state, taken, cursor);
    return taken;
  });
  const after = state as BookState | null;
  if (after?.isChanged && isKeyframeDue(after.sampled, cursor)) sampled.push(keyframeOf(after));
  return sampled;
}
