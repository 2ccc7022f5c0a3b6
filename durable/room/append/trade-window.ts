import {
  decodeFrame,
  type EncodedFrame,
  encodeFrames,
  tradeKey,
} from "../../../src/core/events/encode-events.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

/** Identities of trades a room remembers. Older repeats are still kept once in Postgres (INV-6). */
const REMEMBERED_TRADES = 20_000;

/**
 * The identities of the newest trades of a room, so that a trade posted again is not shown again. Memory only: it is
 * made from the newest part of the log after a wake.
 */
export class TradeWindow {
  readonly #keys = new Set<string>();
  /** Where the oldest is. One that began anew for each trade would pass all that was deleted since the set was last made anew: 7 us. */
  readonly #oldest = this.#keys.values();

  /** Trades up to this moment may have been forgotten; none of a later one has. */
  #forgottenUs = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#keys.size;
  }

  /** Forgets all but the newest so many. */
  trim(most: number): void {
    while (this.#keys.size > most) {
      const oldest = this.#oldest.next().value as string;
      this.#forgottenUs = Math.max(this.#forgottenUs, momentOf(oldest));
      this.#keys.delete(oldest);
    }
  }

  /** It has learned what there is to learn from: of other trades up to the log's head, which is a time, nobody tells. */
  beginAt(head: Cursor): void {
    this.#forgottenUs = Math.max(this.#forgottenUs, head);
    for (const key of this.#keys) this.#forgottenUs = Math.max(this.#forgottenUs, momentOf(key));
  }

  /** Remembers the trades of events that are in the log already. */
  learn(events: Iterable<TapeEvent>): void {
    for (const event of events) {
      const key = tradeKey(event);
      if (key !== null) this.#remember(key);
    }
  }

  /** The same of identities alone, oldest first. */
  learnKeys(keys: Iterable<string>): void {
    for (const key of keys) this.#remember(key);
  }

  /**
   * The frames without the trades that were seen before, in this batch or an earlier one, and their number. `doubtfulUs`: moments of
   * trades that are not known, and may have been forgotten.
   */
  filter(
    frames: readonly EncodedFrame[],
    keys: readonly (string | null)[],
  ): { frames: readonly EncodedFrame[]; repeated: number; doubtfulUs: readonly EpochUs[] } {
    const doubtfulUs: EpochUs[] = [];
    const isRepeat = keys.map((key) => {
      if (key === null) return false;
      // What this very trade pushes out is forgotten behind it.
      const forgottenUs = this.#forgottenUs;
      if (!this.#remember(key)) return true;
      const us = momentOf(key);
      if (us <= forgottenUs) doubtfulUs.push(us);
      return false;
    });
    const repeated = isRepeat.filter(Boolean).length;
    if (repeated === 0) return { frames, repeated, doubtfulUs };
    const events = frames.flatMap((frame) => decodeFrame(frame.text));
    const news = encodeFrames(events.filter((_, index) => !isRepeat[index]));
    return { frames: news, repeated, doubtfulUs };
  }

  /** True where the key is new. */
  #remember(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size > REMEMBERED_TRADES) this.trim(REMEMBERED_TRADES);
    return true;
  }
}

/** A key begins with the moment of its trade. */
function momentOf(key: string): EpochUs {
  return Number.parseInt(key, 10) as EpochUs;
}
