import {
  isKeyframeDue,
  isSampleDue,
  keyframeOf,
  SAMPLE_INTERVAL_US,
  type SamplePlace,
  sampleBooks,
} from "../../src/core/book-samples.ts";
import { decodeFrame, type EncodedFrame, encodeFrames } from "../../src/core/encode-events.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import type { RoomLog } from "./log.ts";
import type { RoomMemory } from "./memory.ts";

/**
 * Sees to it that a book that changes gets its samples, which are what Postgres keeps of it (SPEC D-5). All it knows comes
 * from the log, so it may end anywhere.
 */
export class BookSampler {
  readonly #log: RoomLog;
  readonly #memory: RoomMemory;
  /** Place of a sample, perhaps not the last one: that is looked for where this one is too old. Null: nothing known. */
  #known: SamplePlace | null = null;
  /** The book may have changed since its last sample. True at a wake, for nobody has looked yet. */
  #mayBeChanged = true;

  constructor(log: RoomLog, memory: RoomMemory) {
    this.#log = log;
    this.#memory = memory;
  }

  /** What was before the log has become known: the book may be another one. */
  lookAgain(): void {
    this.#known = null;
    this.#mayBeChanged = true;
  }

  /** Frames that are about to be appended, with the samples that are due among them. `bookTs`: the latest of their books. */
  withSamples(
    frames: readonly EncodedFrame[],
    bookTs: EpochUs,
    nowUs: EpochUs,
  ): readonly EncodedFrame[] {
    this.#mayBeChanged = true;
    const cursor = this.#nextCursor(nowUs);
    if (!isSampleDue(this.#known, cursor, bookTs)) return frames;
    const state = this.#memory.foldToHead().book;
    this.#known = state?.sampled ?? null;
    if (!isSampleDue(this.#known, cursor, bookTs)) return frames;
    const events = frames.flatMap(({ text }) => decodeFrame(text));
    return encodeFrames(sampleBooks(state, events, cursor));
  }

  /** The keyframe of a book that has not been changed again since it was due; null where none is. */
  takeDue(nowUs: EpochUs): EncodedFrame[] | null {
    if (!this.#mayBeChanged) return null;
    const state = this.#memory.foldToHead().book;
    this.#known = state?.sampled ?? null;
    this.#mayBeChanged = state?.isChanged ?? false;
    if (state === null || !this.#mayBeChanged) return null;
    if (!isKeyframeDue(this.#known, this.#nextCursor(nowUs))) return null;
    this.#mayBeChanged = false;
    return encodeFrames([keyframeOf(state)]);
  }

  /** When somebody has to ask for a keyframe, in ms; null where the book is as its last sample has it. */
  dueMs(nowMs: number): number | null {
    if (!this.#mayBeChanged) return null;
    const dueMs = Math.ceil(((this.#known?.cursor ?? 0) + SAMPLE_INTERVAL_US) / 1_000);
    // Not known to be later than it may be: a look costs little.
    return dueMs > nowMs ? dueMs : nowMs + SAMPLE_INTERVAL_US / 1_000;
  }

  /** What the next frame's cursor will be at least. */
  #nextCursor(nowUs: EpochUs): Cursor {
    return Math.max(nowUs, this.#log.head + 1) as Cursor;
  }
}
