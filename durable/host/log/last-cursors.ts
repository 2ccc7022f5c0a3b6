import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/words/time.ts";
import type { Generation } from "./generation.ts";
import type { Block } from "./rows/blocks.ts";
import { lastOfPart, type RoomId } from "./rows/log-row.ts";

/**
 * So many rooms are each looked for alone, which takes some ms where rows are wide. Whoever wants more reads whole blocks: all rooms of
 * them are known then, and it may be half a second in which nobody else is heard.
 */
const MOST_ALONE = 32;

/**
 * The newest frame of each room. A log that is opened again looks for the first few by the sets of rooms of its blocks, and for
 * more from its newest block backwards, no further than it is asked for: it reads the heads of blocks that have a room which no
 * later one has.
 */
export class LastCursors {
  readonly #generations: Iterable<Generation>;
  readonly #cursors = new Map<RoomId, Cursor>();
  /** Blocks that were not looked at yet, oldest first; null before the first search. */
  #unseen: { generation: Generation; block: Block }[] | null = null;
  #alone = 0;

  constructor(generations: Iterable<Generation>) {
    this.#generations = generations;
  }

  set(room: RoomId, cursor: Cursor): void {
    this.#cursors.set(room, cursor);
  }

  /** The newest frame of a room after `after`; null where it has none. */
  of(room: RoomId, after: Cursor): Cursor | null {
    const known = this.#cursors.get(room) ?? this.#search(room, after);
    return known === null || known <= after ? null : known;
  }

  /** Of what was pruned nothing is remembered. */
  forgetThrough(through: Cursor): void {
    for (const [room, cursor] of this.#cursors) {
      if (cursor <= through) this.#cursors.delete(room);
    }
  }

  #search(room: RoomId, after: Cursor): Cursor | null {
    this.#unseen ??= [...this.#generations].flatMap((generation) =>
      Array.from(generation.blocksAfter(CURSOR_ORIGIN), (block) => ({ generation, block })),
    );
    if (this.#alone < MOST_ALONE) {
      this.#alone += 1;
      return this.#searchAlone(this.#unseen, room, after);
    }
    for (;;) {
      const newest = this.#unseen.at(-1);
      if (newest === undefined || newest.block.last <= after) return null;
      this.#unseen.pop();
      this.#look(newest.generation, newest.block);
      const found = this.#cursors.get(room);
      if (found !== undefined) return found;
    }
  }

  #searchAlone(
    unseen: readonly { generation: Generation; block: Block }[],
    room: RoomId,
    after: Cursor,
  ): Cursor | null {
    const newest = unseen.findLast(({ block }) => block.last > after && block.rooms.has(room));
    if (newest === undefined) return null;
    const { first, last } = newest.block;
    const parts = newest.generation
      .headsOf(room, (first - 1) as Cursor, last)
      .flatMap((head) => head.parts);
    const found = parts.at(-1);
    if (found === undefined) return null;
    const cursor = lastOfPart(found);
    this.#cursors.set(room, cursor);
    return cursor;
  }

  #look(generation: Generation, { first, last, rows, rooms }: Block): void {
    const missing = new Set<RoomId>();
    for (const room of rooms) if (!this.#cursors.has(room)) missing.add(room);
    if (missing.size === 0) return;
    for (const { parts } of generation.heads((first - 1) as Cursor, last, rows)) {
      for (const part of parts) {
        if (missing.has(part.room)) this.#cursors.set(part.room, lastOfPart(part));
      }
    }
  }
}
