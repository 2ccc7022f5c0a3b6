import type { Cursor } from "../../../src/protocol/words/time.ts";

interface Waiter {
  readonly cursor: Cursor;
  readonly stored: Promise<void>;
  readonly resolve: () => void;
}

/** Requests that wait until a cursor is in Postgres (`?wait=stored`). */
export class StoredWaiters {
  readonly #waiting = new Set<Waiter>();

  /** The newest cursor that somebody waits for; less than any where nobody waits. */
  get newest(): number {
    let newest = Number.NEGATIVE_INFINITY;
    for (const { cursor } of this.#waiting) newest = Math.max(newest, cursor);
    return newest;
  }

  add(cursor: Cursor): Waiter {
    const { promise: stored, resolve } = Promise.withResolvers<void>();
    const waiter = { cursor, stored, resolve };
    this.#waiting.add(waiter);
    return waiter;
  }

  /** It waits no longer. */
  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** Ends the wait for each cursor that is stored now. */
  release(isStored: (cursor: Cursor) => boolean): void {
    for (const waiter of this.#waiting) {
      if (!isStored(waiter.cursor)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
