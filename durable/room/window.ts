import type { Cursor } from "../../src/protocol/time.ts";

/** Bytes a viewer may have unacknowledged (SPEC F-1). */
export const WINDOW_BYTES = 1024 * 1024;

interface Mark {
  cursor: Cursor;
  /** All bytes sent up to and with this cursor. */
  total: number;
}

/**
 * Bytes against cursors along one stream of messages: how much was sent after a cursor? Kept for the last two windows
 * at a grain of 1/64 of a window, so it stays small however many messages pass. An `ack` between two marks counts as
 * the earlier one.
 */
export class SentBytes {
  #marks: Mark[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(cursor: Cursor, bytes: number): void {
    this.#total += bytes;
    const newest = this.#marks.at(-1);
    const before = this.#marks.at(-2)?.total ?? 0;
    // The newest mark moves along until it is a grain away from the one before it.
    if (newest !== undefined && newest.total - before < WINDOW_BYTES / 64) {
      newest.cursor = cursor;
      newest.total = this.#total;
      return;
    }
    this.#marks.push({ cursor, total: this.#total });
    if (this.#marks.length > 256) this.#marks = this.#marks.slice(-160);
  }

  /** Bytes sent up to `cursor`, as far as the marks can tell; never too many. */
  upTo(cursor: Cursor): number {
    for (let index = this.#marks.length - 1; index >= 0; index -= 1) {
      const mark = this.#marks[index];
      if (mark !== undefined && mark.cursor <= cursor) return mark.total;
    }
    return 0;
  }
}
