import type { Cursor } from "../../../src/protocol/words/time.ts";

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

  /** Counts a message, and gives where its stream stands behind it. */
  add(cursor: Cursor, bytes: number): Mark {
    this.#total += bytes;
    this.#move(cursor);
    return { cursor, bytes: this.#total };
  }

  #move(cursor: Cursor): void {
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

  /**
   * The marks beyond the first `bytes` of the stream, counted from there and from `base` on. Where the stream was not sent
   * further than `end`, they are those of that part of it.
   */
  after(bytes: number, base = 0, end: Mark | undefined = this.#marks.at(-1)): Mark[] {
    if (end === undefined || end.bytes <= bytes) return [];
    const within = this.#marks.filter((mark) => mark.bytes > bytes && mark.bytes < end.bytes);
    return [...within, end].map((mark) => ({
      cursor: mark.cursor,
      bytes: mark.bytes - bytes + base,
    }));
  }
}
