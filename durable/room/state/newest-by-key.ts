import type { EpochUs } from "../../../src/protocol/words/time.ts";

/** How much is kept: so many, and so many characters of JSON together. */
export interface KeptLimits {
  count: number;
  chars: number;
  charsOf: (key: string) => number;
}

/**
 * The newest event of each key by event time, bounded: beyond the limits the one longest without an event goes. What is here is
 * always the newest of its key: an event that may be older than one that was let go is not taken for it.
 */
export class NewestByKey<Event extends { ts: EpochUs }> {
  readonly #limits: KeptLimits;
  /** The one updated last stands last. */
  readonly #events: Map<string, Event>;
  #chars = 0;
  #cutUs: EpochUs | null;

  constructor(
    limits: KeptLimits,
    entries: Iterable<readonly [string, Event]>,
    cutUs: EpochUs | null,
  ) {
    this.#limits = limits;
    this.#events = new Map(entries);
    this.#cutUs = cutUs;
    for (const key of this.#events.keys()) this.#chars += limits.charsOf(key);
    this.#trim();
  }

  get size(): number {
    return this.#events.size;
  }
  /** Every event that was let go, and every one that was passed over, is of this moment or before; null: none was. */
  get cutUs(): EpochUs | null {
    return this.#cutUs;
  }
  get events(): Event[] {
    return [...this.#events.values()];
  }
  get entries(): [string, Event][] {
    return [...this.#events];
  }

  take(key: string, event: Event): void {
    const known = this.#events.get(key);
    if (known !== undefined && known.ts > event.ts) return;
    if (known === undefined && this.#cutUs !== null && event.ts < this.#cutUs) return;
    // Deleting first moves the key to the end, so the map's order is the order of the last update.
    if (known !== undefined) this.#events.delete(key);
    else this.#chars += this.#limits.charsOf(key);
    this.#events.set(key, event);
    this.#trim();
  }

  #trim(): void {
    const { count, chars, charsOf } = this.#limits;
    if (this.#events.size <= count && this.#chars <= chars) return;
    for (const [oldest, { ts }] of this.#events) {
      if (this.#events.size <= count && this.#chars <= chars) break;
      this.#events.delete(oldest);
      this.#chars -= charsOf(oldest);
      if (this.#cutUs === null || ts > this.#cutUs) this.#cutUs = ts;
    }
  }
}
