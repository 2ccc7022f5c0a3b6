import { type Batch, batchSize, type RefusedPlaces } from "../core/batch.ts";
import type { Lane } from "./lane.ts";

/** From so many places that are free at the front on, the list is moved up. */
const MOVE_UP_FROM = 1_024;

/** Waits in memory. Where it is full the oldest are dropped. */
export class MemoryLane implements Lane {
  readonly #most: number;
  readonly #newKey: () => string;
  /** From `#from` on: taken from the front without moving the rest each time. */
  #queue: string[] = [];
  #from = 0;
  #batch: Batch | null = null;
  readonly spooled = 0;
  readonly written = 0;
  sent = 0;
  dropped = 0;
  handed = 0;
  gone = 0;

  constructor(most: number, newKey: () => string) {
    this.#most = most;
    this.#newKey = newKey;
  }

  get waiting(): number {
    return this.#queued + (this.#batch?.events.length ?? 0);
  }

  get ready(): number {
    return this.waiting;
  }

  get #queued(): number {
    return this.#queue.length - this.#from;
  }

  put(text: string): void {
    // What the sender holds is older, and is not taken from its hands.
    if (this.#queued >= this.#most) {
      this.#leaveOut(1);
      this.dropped += 1;
      this.gone += 1;
    }
    this.handed += 1;
    this.#queue.push(text);
  }

  async take(mostEvents: number): Promise<Batch | null> {
    if (this.#batch !== null || this.#queued === 0) return this.#batch;
    const next = this.#queue.slice(this.#from, this.#from + mostEvents);
    const events = next.slice(0, batchSize(next, mostEvents));
    this.#leaveOut(events.length);
    this.#batch = { key: this.#newKey(), events };
    return this.#batch;
  }

  async settle(batch: Batch, setAside: RefusedPlaces): Promise<void> {
    this.sent += batch.events.length - setAside.size;
    this.gone += batch.events.length;
    this.#batch = null;
  }

  async putBack(batch: Batch, setAside: RefusedPlaces): Promise<void> {
    const kept = batch.events.filter((_, at) => !setAside.has(at));
    this.#queue = [...kept, ...this.#queue.slice(this.#from)];
    this.#from = 0;
    this.gone += setAside.size;
    this.#batch = null;
  }

  #leaveOut(count: number): void {
    this.#from += count;
    if (this.#from < MOVE_UP_FROM || this.#from < this.#queue.length / 2) return;
    this.#queue = this.#queue.slice(this.#from);
    this.#from = 0;
  }
}
