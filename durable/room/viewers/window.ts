import type { Cursor } from "../../../src/protocol/time.ts";

/** Bytes a viewer may have unacknowledged; an `ack` is due after half of them (SPEC F-1). */
export const WINDOW_BYTES = 1024 * 1024;

/** Sent up to and with `cursor`: so many bytes, counted from wherever the list begins. */
export interface Mark {
  cursor: Cursor;
  bytes: number;
}

/**
 * Bytes against cursors along one stream of messages: how much was sent after a cursor? Kept for the last 160 grains
 * and more, so it stays small however many messages pass. An `ack` between two marks counts as the earlier one.
 */
export class SentBytes {
  readonly #grainBytes: number;
  #marks: Mark[] = [];
  #total = 0;

  constructor(grainBytes: number, marks: readonly Mark[] = []) {
    this.#grainBytes = grainBytes;
    for (const { cursor, bytes } of marks) this.add(cursor, bytes - this.#total);
  }

  get total(): number {
    return this.#total;
  }

  add(cursor: Cursor, bytes: number): void {
    this.#total += bytes;
    const newest = this.#marks.at(-1);
    const before = this.#marks.at(-2)?.bytes ?? 0;
    // The newest mark moves along until it is a grain away from the one before it.
    if (newest !== undefined && newest.bytes - before < this.#grainBytes) {
      newest.cursor = cursor;
      newest.bytes = this.#total;
      return;
    }
    this.#marks.push({ cursor, bytes: this.#total });
    if (this.#marks.length > 256) this.#marks = this.#marks.slice(-160);
  }

  /** Bytes sent up to `cursor`, as far as the marks can tell; never too many. */
  upTo(cursor: Cursor): number {
    for (let index = this.#marks.length - 1; index >= 0; index -= 1) {
      const mark = this.#marks[index];
      if (mark !== undefined && mark.cursor <= cursor) return mark.bytes;
    }
    return 0;
  }

  /** The marks beyond the first `bytes` of the stream, counted from there and from `base` on. */
  after(bytes: number, base = 0): Mark[] {
    const marks: Mark[] = [];
    for (const mark of this.#marks) {
      if (mark.bytes > bytes) {
        marks.push({ cursor: mark.cursor, bytes: mark.bytes - bytes + base });
      }
    }
    return marks;
  }
}
