import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { Generations } from "./generations.ts";
import type { Meta } from "./meta.ts";

/**
 * How far a log is in Postgres, and how much of it is not. It is written down for free with the next row that is appended, and by
 * `save`; what a crash forgets of it is sent again, and storing is idempotent (INV-1).
 */
export class OutboxPosition {
  readonly #meta: Meta;
  #through: Cursor;
  #saved: Cursor;
  #bytes: number;

  constructor(meta: Meta, generations: Generations, head: Cursor) {
    this.#meta = meta;
    this.#through = Math.max(
      generations.storedAfter((meta.readNumber("stored_anew_from") ?? 0) as Cursor) ?? 0,
      meta.readNumber("stored_through") ?? 0,
      generations.prunedThrough,
    ) as Cursor;
    this.#saved = this.#through;
    this.#bytes = generations.bytesAfter(this.#through);
    this.headAt(head);
  }

  /** Every frame up to it is known to be in Postgres; the head where there is nothing left to store. */
  get through(): Cursor {
    return this.#through;
  }

  /** Text of all that is not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The head has moved. Rows without a frame are stored as soon as all before them is. */
  headAt(head: Cursor): void {
    if (this.#bytes === 0) this.#through = head;
  }

  /** A row of so many bytes is the head now, and holds the position as it was. */
  appended(bytes: number, head: Cursor): void {
    this.#bytes += bytes;
    this.headAt(head);
    this.#saved = this.#through;
  }

  /** A row has lost so many bytes. */
  shrank(row: Cursor, bytes: number): void {
    if (row > this.#through) this.#bytes -= bytes;
  }

  /** A part is in Postgres. One that was made before the outbox began anew says nothing any more. */
  stored(part: { after: Cursor; through: Cursor; bytes: number }, head: Cursor): void {
    if (part.after !== this.#through) return;
    this.#through = part.through;
    this.#bytes -= part.bytes;
    this.headAt(head);
  }

  /** Writes it down where the newest row does not hold it. */
  save(): void {
    if (this.#saved === this.#through) return;
    this.#meta.write("stored_through", this.#through);
    this.#saved = this.#through;
  }

  /** Nothing is known to be stored of what the log holds. What older rows say of that counts no more. */
  beginAnew({ prunedThrough, bytes }: Generations, head: Cursor): void {
    this.#through = prunedThrough;
    this.#saved = prunedThrough;
    this.#bytes = bytes;
    this.#meta.write("stored_anew_from", head);
    this.#meta.write("stored_through", prunedThrough);
    this.headAt(head);
  }
}
