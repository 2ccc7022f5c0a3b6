import type { Cursor } from "../../../src/protocol/time.ts";

/** Requests that wait until a cursor is in Postgres (`?wait=stored`). */
export class StoredWaiters {
  #waiting: { cursor: Cursor; resolve: () => void }[] = [];

  wait(cursor: Cursor): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ cursor, resolve }));
  }

  release(through: Cursor): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter((waiter) => waiter.cursor <= through);
    this.#waiting = this.#waiting.filter((waiter) => waiter.cursor > through);
    for (const waiter of ready) waiter.resolve();
  }
}
