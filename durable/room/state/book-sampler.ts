import {
  type BookState,
  isKeyframeDue,
  isSampleDue,
  keyframeOf,
  SAMPLE_INTERVAL_US,
  type SamplePlace,
  sampleBooks,
} from "../../../src/core/books/book-samples.ts";
import {
  decodeFrame,
  type EncodedFrame,
  encodeFrames,
} from "../../../src/core/events/encode-events.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { RoomLog } from "../log/room-log.ts";
import type { RoomState } from "./room-state.ts";

/** A log is never so far ahead of the clock, unless that was turned back. */
const TURNED_BACK_US = 1_000_000;

/**
 * Sees to it that a book that changes gets its samples, which are what Postgres keeps of it (SPEC D-5). All it knows comes
 * from the log, so it may end anywhere.
 */
export class BookSampler {
  readonly #log: RoomLog;
  readonly #state: RoomState;
  /** Place of a sample, perhaps not the last one: that is looked for where this one is too old. Null: nothing known. */
  #known: SamplePlace | null = null;
  /** When the last sample was made here, by the clock; null where it was not, and its cursor says when. */
  #sampledAtUs: EpochUs | null = null;
  /** The sample made here is in the log, or about to be, and nobody has looked for its place yet. */
  #isPlaceDue = false;
  /** The book may have changed since its last sample. True at a wake of a room with a book, for nobody has looked yet. */
  #mayBeChanged: boolean;

  constructor(log: RoomLog, state: RoomState) {
    this.#log = log;
    this.#state = state;
    this.#mayBeChanged = log.hasBook;
  }

  /** What was before the log has become known, or its frames have moved: the book, and where it was sampled, may be others. */
  lookAgain(): void {
    this.#known = null;
    this.#sampledAtUs = null;
    this.#isPlaceDue = false;
    this.#mayBeChanged = true;
  }

  /** Frames that are about to be appended, with the samples that are due among them. `bookTs`: the latest of their books. */
  withSamples(
    frames: readonly EncodedFrame[],
    bookTs: EpochUs,
    nowUs: EpochUs,
  ): readonly EncodedFrame[] {
    this.#mayBeChanged = true;
    this.#log.noteBook();
    if (!isSampleDue(this.#known, this.#logTime(nowUs), bookTs)) return frames;
    const state = this.#look();
    const cursor = this.#logTime(nowUs);
    if (!isSampleDue(this.#known, cursor, bookTs)) return frames;
    const events = sampleBooks(
      state,
      frames.flatMap(({ text }) => decodeFrame(text)),
      cursor,
    );
    if (events.some((event) => event.kind === "book" && event.sampled)) this.#sampled(nowUs);
    return encodeFrames(events);
  }

  /** The keyframe of a book that has not been changed again since it was due; null where none is. */
  takeDue(nowUs: EpochUs): EncodedFrame[] | null {
    if (!this.#mayBeChanged) return null;
    const state = this.#look();
    this.#mayBeChanged = state?.isChanged ?? false;
    if (state === null || !this.#mayBeChanged) return null;
    if (!isKeyframeDue(this.#known, this.#logTime(nowUs))) return null;
    this.#mayBeChanged = false;
    this.#sampled(nowUs);
    return encodeFrames([keyframeOf(state)]);
  }

  /** The keyframe of a book that has changed since its last sample, due or not: its symbol goes elsewhere. Null where it has not. */
  takeChanged(nowUs: EpochUs): EncodedFrame[] | null {
    const state = this.#mayBeChanged ? this.#look() : null;
    this.#mayBeChanged = false;
    if (state === null || !state.isChanged) return null;
    this.#sampled(nowUs);
    return encodeFrames([keyframeOf(state)]);
  }

  /** When somebody has to ask for a keyframe, in ms; null where the book is as its last sample has it. */
  dueMs(nowMs: number): number | null {
    if (!this.#mayBeChanged) return null;
    const sampledAtUs = this.#sampledAtUs ?? this.#known?.cursor ?? 0;
    const dueMs = Math.ceil((sampledAtUs + SAMPLE_INTERVAL_US) / 1_000);
    const latestMs = nowMs + SAMPLE_INTERVAL_US / 1_000;
    // Not known to be later than it may be, or of before the clock was turned back: a look costs little.
    return dueMs > nowMs && dueMs < latestMs ? dueMs : latestMs;
  }

  /** The book, with the place of its last sample noted. */
  #look(): BookState | null {
    const { book } = this.#state.foldToHead();
    const sampled = book?.sampled ?? null;
    if (sampled?.cursor !== this.#known?.cursor) {
      if (!this.#isPlaceDue) this.#sampledAtUs = null;
      this.#isPlaceDue = false;
    }
    this.#known = sampled;
    return book;
  }

  #sampled(nowUs: EpochUs): void {
    this.#sampledAtUs = nowUs;
    this.#isPlaceDue = true;
  }

  /**
   * How far the log's time has come since the last sample, as a cursor. A clock that was turned back makes nobody wait: the
   * log stands still then, and what counts is the time that has passed since the last sample was made.
   */
  #logTime(nowUs: EpochUs): Cursor {
    if (this.#known === null) return Math.max(nowUs, this.#log.head + 1) as Cursor;
    const elapsedUs = nowUs - (this.#sampledAtUs ?? this.#known.cursor);
    const isTurnedBack = elapsedUs < -TURNED_BACK_US;
    return (this.#known.cursor + (isTurnedBack ? SAMPLE_INTERVAL_US : elapsedUs)) as Cursor;
  }
}
