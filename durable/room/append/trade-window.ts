import {
  decodeFrame,
  type EncodedFrame,
  encodeFrames,
  tradeKey,
} from "../../../src/core/events/encode-events.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";

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

  get size(): number {
    return this.#keys.size;
  }

  /** Forgets all but the newest so many. */
  trim(most: number): void {
    while (this.#keys.size > most) this.#keys.delete(this.#oldest.next().value as string);
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

  /** The frames without the trades that were seen before, in this batch or an earlier one, and their number. */
  filter(
    frames: readonly EncodedFrame[],
    keys: readonly (string | null)[],
  ): { frames: readonly EncodedFrame[]; repeated: number } {
    const isRepeat = keys.map((key) => key !== null && !this.#remember(key));
    const repeated = isRepeat.filter(Boolean).length;
    if (repeated === 0) return { frames, repeated };
    const events = frames.flatMap((frame) => decodeFrame(frame.text));
    return { frames: encodeFrames(events.filter((_, index) => !isRepeat[index])), repeated };
  }

  /** True where the key is new. */
  #remember(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size > REMEMBERED_TRADES) this.trim(REMEMBERED_TRADES);
    return true;
  }
}
