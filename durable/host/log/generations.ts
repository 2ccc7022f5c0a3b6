import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { SqlPort } from "../../room/sql-port.ts";
import { Generation } from "./generation.ts";
import type { KeyBlock, KeyRow, KeySource } from "./keys/kept-keys.ts";
import type { Meta } from "./meta.ts";
import { type LogFrame, lastOfPart, type RoomId, type WrittenRow } from "./rows/log-row.ts";

/** How much of itself a log keeps. */
export interface LogKeeping {
  /** Newest events the log keeps; older ones go once they are in Postgres, a quarter of this at a time. */
  events: number;
  /** Newest text it keeps, for some events are whole order books. */
  bytes: number;
  /** Newest rows kept in memory: the first tier of replay, and what the outbox reads. */
  recentBytes: number;
}

/** A new generation begins after so much of what the log keeps. */
const GENERATION_SHARE = 1 / 4;

/** The log on disk: generations one after another, of which the newest grows and the oldest goes. */
export class Generations implements Iterable<Generation>, KeySource {
  readonly #sql: SqlPort;
  readonly #meta: Meta;
  readonly #keeping: LogKeeping;
  readonly #list: Generation[] = [];
  #newest: Generation;
  #prunedThrough: Cursor;

  /**
   * Opens them, or begins the first: then everything up to `born` is in Postgres, if anywhere (INV-3). `hashesOf`: of the
   * idempotency keys of a row.
   */
  constructor(
    sql: SqlPort,
    meta: Meta,
    born: Cursor,
    keeping: LogKeeping,
    hashesOf: (keys: string) => string,
  ) {
    this.#sql = sql;
    this.#meta = meta;
    this.#keeping = keeping;
    const newest = meta.readNumber("newest_generation");
    this.#prunedThrough = (meta.readNumber("pruned_through") ?? born) as Cursor;
    if (newest !== null) {
      const oldest = meta.readNumber("oldest_generation") ?? newest;
      for (let number = oldest; number < newest; number += 1) {
        this.#list.push(Generation.open(sql, number, hashesOf));
      }
      this.#newest = Generation.open(sql, newest, hashesOf);
      this.#list.push(this.#newest);
    } else {
      meta.write("pruned_through", born);
      meta.write("oldest_generation", 1);
      this.#newest = this.#begin(1);
    }
  }

  [Symbol.iterator](): Iterator<Generation> {
    return this.#list[Symbol.iterator]();
  }

  /** Every row after it is here. */
  get prunedThrough(): Cursor {
    return this.#prunedThrough;
  }
  get events(): number {
    return this.#list.reduce((sum, { events }) => sum + events, 0);
  }
  get bytes(): number {
    return this.#list.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  /** Cursor of the newest row; null where there is none. */
  get last(): Cursor | null {
    return this.#list.findLast(({ last }) => last !== null)?.last ?? null;
  }

  /** Begins a new generation where the newest is large enough, before a commit and not inside it. */
  rollOver(): void {
    const { events, bytes } = this.#keeping;
    const isLarge =
      this.#newest.events >= events * GENERATION_SHARE ||
      this.#newest.bytes >= bytes * GENERATION_SHARE;
    if (!isLarge) return;
    this.#newest.closeBlock();
    this.#newest = this.#begin(this.#newest.number + 1);
  }

  append(row: WrittenRow, stored: Cursor, keys: { text: string; hashes: string } | null): void {
    this.#newest.append(row, stored, keys);
  }

  /** What the newest row says of the outbox's position; null where it is not after `after`. It only moves on from row to row. */
  storedAfter(after: Cursor): Cursor | null {
    return this.#list.findLast(({ last }) => last !== null)?.storedAfter(after) ?? null;
  }

  /** Text of the rows after a cursor. */
  bytesAfter(after: Cursor): number {
    return this.#list.reduce((sum, generation) => sum + generation.bytesAfter(after), 0);
  }

  /** How many rows somebody would look at who reads on from a cursor. */
  rowsAfter(after: Cursor): number {
    return this.#list.reduce((sum, generation) => sum + generation.rowsAfter(after), 0);
  }

  /** Frames of a room after `after` and up to `upTo`, oldest first. */
  *framesOf(room: RoomId, after: Cursor, upTo: Cursor): Generator<LogFrame> {
    for (const generation of this.#list) {
      if ((generation.last ?? after) > after) yield* generation.framesOf(room, after, upTo);
    }
  }

  /** The newest frames of a room up to `upTo` that together hold at least so many events, or all it has, oldest first. */
  newestOf(room: RoomId, upTo: Cursor, events: number): LogFrame[] {
    let begin: Cursor | null = null;
    let missing = events;
    for (const generation of this.#list.toReversed()) {
      const newest = generation.beginOfNewest(room, upTo, missing);
      if (newest === null) continue;
      begin = newest.cursor;
      missing -= newest.events;
      if (missing <= 0) break;
    }
    return begin === null ? [] : [...this.framesOf(room, (begin - 1) as Cursor, upTo)];
  }

  /** The newest rows up to `upTo` with one of these rooms, as those of a generation. */
  rowsBack(upTo: Cursor, rooms: ReadonlySet<RoomId>, bytes: number) {
    for (const generation of this.#list.toReversed()) {
      const found = generation.rowsBack(upTo, rooms, bytes);
      if (found !== null) return found;
    }
    return null;
  }

  /** Heads after `after` and up to `upTo` with one of these rooms, as those of a generation. */
  headsBack(upTo: Cursor, rooms: ReadonlySet<RoomId>, after: Cursor) {
    for (const generation of this.#list.toReversed()) {
      const found = generation.headsBack(upTo, rooms, after);
      if (found !== null) return found;
    }
    return null;
  }

  /** The newest frame of a room in the rows of a range; null where it has none in them. */
  endIn(room: RoomId, after: Cursor, upTo: Cursor): Cursor | null {
    for (const generation of this.#list) {
      const newest = generation.headsOf(room, after, upTo).at(-1)?.parts[0];
      if (newest !== undefined) return lastOfPart(newest);
    }
    return null;
  }

  /** The oldest generation where all of it is stored and the others hold enough, else null. */
  droppable(storedThrough: Cursor): { generation: Generation; through: Cursor } | null {
    const [generation] = this.#list;
    if (generation === undefined || this.#list.length === 1) return null;
    const { last: through } = generation;
    if (through === null || through > storedThrough) return null;
    const isSpare =
      this.events - generation.events >= this.#keeping.events ||
      this.bytes - generation.bytes >= this.#keeping.bytes;
    return isSpare ? { generation, through } : null;
  }

  /** Drops a generation that is the oldest and ends at `through`. */
  drop(oldest: Generation, through: Cursor): void {
    oldest.drop();
    this.#list.shift();
    this.#meta.write("oldest_generation", oldest.number + 1);
    this.#meta.write("pruned_through", through);
    this.#prunedThrough = through;
  }

  *keyBlocks(after: Cursor): Generator<KeyBlock> {
    for (const generation of this.#list) yield* generation.keyBlocks(after);
  }

  keysAround(cursor: Cursor): KeyRow[] | null {
    if (cursor <= this.#prunedThrough) return null;
    const generation = this.#list.find(({ last }) => last !== null && cursor <= last);
    return generation?.keysAround(cursor) ?? null;
  }

  #begin(number: number): Generation {
    const generation = Generation.begin(this.#sql, number);
    this.#meta.write("newest_generation", number);
    this.#list.push(generation);
    return generation;
  }
}
