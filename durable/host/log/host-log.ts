import type { IdempotentRequest } from "../../../src/bindings/idempotent-request.ts";
import { allocateCursors } from "../../../src/core/events/cursor.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../../src/protocol/words/time.ts";
import type { SqlPort } from "../../room/sql-port.ts";
import { Generations, type LogKeeping } from "./generations.ts";
import { KeptKeys } from "./keys/kept-keys.ts";
import { hashesOf, hashOf, keyTexts, parseKeys } from "./keys/key-text.ts";
import { type KnownRequest, knownRequest } from "./keys/known-request.ts";
import { LastCursors } from "./last-cursors.ts";
import { Meta } from "./meta.ts";
import { Moves } from "./moves.ts";
import { type HostPart, readPart } from "./outbox-part.ts";
import { OutboxPosition } from "./outbox-position.ts";
import {
  countFrames,
  type LogFrame,
  type LogRow,
  numberFrames,
  packParts,
  type RoomId,
  type RoomPart,
  splitRows,
  type WrittenRow,
} from "./rows/log-row.ts";
import type { RowHead } from "./rows/log-table.ts";
import { RecentRows } from "./rows/recent-rows.ts";

export type { LogKeeping } from "./generations.ts";
export type { HostPart } from "./outbox-part.ts";
export type { LogFrame, RoomId, RoomPart } from "./rows/log-row.ts";

/** What a host keeps outside of tests. */
export const KEEPING: LogKeeping = {
  events: 1_000_000,
  bytes: 128 * 1024 * 1024,
  recentBytes: 8 * 1024 * 1024,
};

/**
 * The append-only log of a host, replay log and outbox of all its rooms in one. Its rooms share one space of cursors. A commit is a
 * row; memory holds the newest rows. All of it is synchronous, and what one turn of the event loop writes is one commit.
 */
export class HostLog {
  /** Names this life of the log, and so that of every room's (SPEC C-6). */
  readonly id: LogId;
  readonly #meta: Meta;
  readonly #generations: Generations;
  readonly #recent: RecentRows;
  readonly #lasts: LastCursors;
  readonly #keys: KeptKeys;
  readonly #moves: Moves;
  /** Of this log alone, so that nobody can make keys whose hashes meet. */
  readonly #seed: number;
  #head: Cursor;
  #appendedBytes = 0;
  readonly #outbox: OutboxPosition;
  /** The latest moment that anybody told. */
  #nowUs: EpochUs;
  #prunable: { through: Cursor; rooms: RoomId[] } | null = null;

  /** Opens the log, or makes it; `newId` names a log that is made. */
  constructor(sql: SqlPort, nowUs: EpochUs, newId: () => string, keeping: LogKeeping = KEEPING) {
    const meta = new Meta(sql);
    const id = meta.read("id");
    this.id = (id ?? newId()) as LogId;
    if (id === null) meta.write("id", this.id);
    this.#meta = meta;
    this.#seed = hashOf(this.id, 0);
    const generations = new Generations(sql, meta, (nowUs - 1) as Cursor, keeping, (keys) =>
      hashesOf(keys, this.#seed),
    );
    this.#generations = generations;
    this.#nowUs = nowUs;
    this.#head = Math.max(
      generations.last ?? 0,
      generations.prunedThrough,
      meta.readNumber("head_from") ?? 0,
    ) as Cursor;
    this.#outbox = new OutboxPosition(meta, generations, this.#head);
    this.#recent = new RecentRows(this.#head, keeping.recentBytes);
    this.#lasts = new LastCursors(generations);
    this.#keys = new KeptKeys(sql, generations, this.#seed);
    this.#moves = new Moves(sql);
  }

  /** Cursor of the newest row. It never goes back (SPEC C-1). */
  get head(): Cursor {
    return this.#head;
  }
  /** Every frame after it is in this log; every frame up to it is in Postgres. */
  get prunedThrough(): Cursor {
    return this.#generations.prunedThrough;
  }
  /** Every frame up to it is known to be in Postgres; the head where there is nothing left to store. */
  get storedThrough(): Cursor {
    return this.#outbox.through;
  }
  get outboxBytes(): number {
    return this.#outbox.bytes;
  }
  get events(): number {
    return this.#generations.events;
  }
  /** Text of all rows since the log was opened. */
  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  /**
   * Appends the parts of one commit and gives each the newest cursor of its room in it, by place; a part without frames, of a room
   * that has no other, gets the commit's last cursor, or the head where there is nothing to write. Parts of one room are put
   * together. Keys are durable with it, also where no part has a frame.
   */
  append(
    parts: readonly RoomPart[],
    requests: readonly IdempotentRequest[],
    nowUs: EpochUs,
  ): Cursor[] {
    this.#nowUs = Math.max(this.#nowUs, nowUs) as EpochUs;
    const runs: RoomPart[][] = splitRows(packParts(parts));
    const from = allocateCursors(this.#head, nowUs, 1).first;
    const texts = keyTexts({ atUs: nowUs, from, requests });
    // The keys go into the last row, and where they outgrow it into rows of their own behind it.
    const lastRun = Math.max(0, runs.length - 1);
    const rows = texts.length === 0 ? runs.length : lastRun + texts.length;
    const ends = new Map<RoomId, Cursor>();
    if (rows > 0) this.#generations.rollOver();
    for (let index = 0; index < rows; index += 1) {
      const run = runs[index] ?? [];
      const { first } = allocateCursors(this.#head, nowUs, Math.max(1, countFrames(run)));
      const written = numberFrames(run, first);
      this.#write(written, texts[index - lastRun] ?? null);
      for (const { room, frames } of written.row.parts) {
        ends.set(room, frames.at(-1)?.cursor ?? this.#head);
      }
    }
    for (const [room, cursor] of ends) this.#lasts.set(room, cursor);
    return parts.map(({ room }) => ends.get(room) ?? this.#head);
  }

  /** The newest frame of a room in the log; null where it has none. */
  lastOf(room: RoomId): Cursor | null {
    return this.#lasts.of(room, this.prunedThrough);
  }

  /** Frames of a room after `after` and up to `upTo`, oldest first. To be read in the turn that asked for it. */
  *framesOf(room: RoomId, after: Cursor, upTo: Cursor): Generator<LogFrame> {
    const { from } = this.#recent;
    if (after < from) {
      const end = Math.min(upTo, from) as Cursor;
      yield* this.#generations.framesOf(room, after, end);
    }
    yield* this.#recent.framesOf(room, after, upTo);
  }

  /** About how many rows, of whatever rooms, somebody would look at who reads on from a cursor. */
  rowsAfter(after: Cursor): number {
    return this.#generations.rowsAfter(after);
  }

  /** The newest frames of a room that together hold at least so many events, or all it has, oldest first. */
  newestOf(room: RoomId, events: number): LogFrame[] {
    const recent = this.#recent.allOf(room);
    let missing = events;
    for (let index = recent.length - 1; index >= 0; index -= 1) {
      if (missing <= 0) return recent.slice(index + 1);
      missing -= recent[index]?.count ?? 0;
    }
    if (missing <= 0) return [...recent];
    return [...this.#generations.newestOf(room, this.#recent.from, missing), ...recent];
  }

  /** Every row after it is in memory. */
  get memoryFrom(): Cursor {
    return this.#recent.from;
  }

  /**
   * The newest rows up to `upTo`, which is not after `memoryFrom`, that have one of these rooms, the newest first, and about so much
   * text: for whoever reads the log of many rooms backwards. `after` is where the next piece ends. Null where there are none.
   */
  rowsBack(
    upTo: Cursor,
    rooms: ReadonlySet<RoomId>,
    bytes: number,
  ): { rows: readonly LogRow[]; after: Cursor } | null {
    return this.#generations.rowsBack(upTo, rooms, bytes);
  }

  /** The same of heads alone, of one block, and of rows after `after`. */
  headsBack(
    upTo: Cursor,
    rooms: ReadonlySet<RoomId>,
    after: Cursor,
  ): { heads: readonly RowHead[]; after: Cursor } | null {
    return this.#generations.headsBack(upTo, rooms, after);
  }

  /** A request that came with this key in the last 24 h. What has moved since may be said to be further than it is. */
  findKey(key: string, nowUs: EpochUs): KnownRequest | null {
    this.#nowUs = Math.max(this.#nowUs, nowUs) as EpochUs;
    const log = {
      find: (before: number) => this.#keys.find(key, nowUs, before),
      endIn: (room: RoomId, after: Cursor, upTo: Cursor) =>
        this.#generations.endIn(room, after, upTo),
      movedTo: (room: RoomId, cursor: Cursor) => this.#moves.endOf(room, cursor),
      isDropped: (row: Cursor) => row <= this.prunedThrough,
    };
    return knownRequest(log, Number.POSITIVE_INFINITY);
  }

  /**
   * The oldest part of the outbox after `after`, of whole rows, or null where there is nothing to store. It ends before the first row
   * with frames of a room that may not be stored yet.
   */
  outbox(
    limit: { events: number; bytes: number },
    after: Cursor,
    mayStore: (room: RoomId) => boolean,
  ): HostPart | null {
    if (this.#outbox.bytes === 0) return null;
    const log = { generations: this.#generations, recent: this.#recent };
    return readPart(log, after, { ...limit, mayStore });
  }

  /** Whole rows after `after`, of all rooms, about as many as the limit says: for whoever reads the log through. */
  partAfter(limit: { events: number; bytes: number }, after: Cursor): HostPart | null {
    const log = { generations: this.#generations, recent: this.#recent };
    return readPart(log, after, { ...limit, mayStore: () => true });
  }

  /** Up to where that is now which somebody was told to be at a cursor, for some of it may have moved. */
  endOf(cursor: Cursor): Cursor {
    return this.#moves.latestEndOf(cursor);
  }

  /** The part is in Postgres. One that was made before the outbox began anew says nothing any more. */
  markStored(part: Pick<HostPart, "after" | "through" | "bytes">): void {
    this.#outbox.stored(part, this.#head);
  }

  /** Writes the outbox's position down where the newest row does not hold it. */
  saveStored(): void {
    this.#outbox.save();
  }

  /** Nothing is known to be stored of what the log holds: all of it is the outbox. What older rows say of that counts no more. */
  storeAgain(): void {
    this.#outbox.beginAnew(this.#generations, this.#head);
  }

  /** What the next pruning drops: through where, and the rooms that have frames in it; null where nothing is due. */
  get prunable(): { through: Cursor; rooms: RoomId[] } | null {
    const due = this.#generations.droppable(this.#outbox.through);
    if (due === null) return null;
    const { generation, through } = due;
    if (this.#prunable?.through !== through) {
      this.#prunable = { through, rooms: [...generation.rooms()] };
    }
    return this.#prunable;
  }

  /**
   * Drops the oldest generation, which `prunable` has said to end at `through`. Its keys are kept for their 24 h. Drops nothing where
   * it may not go any more, as when the outbox has begun anew since then.
   */
  prune(through: Cursor): void {
    const due = this.#generations.droppable(this.#outbox.through);
    if (due?.through !== through) return;
    this.#keys.keep(due.generation.keyBlocks(CURSOR_ORIGIN), this.#nowUs);
    this.#generations.drop(due.generation, through);
    this.#prunable = null;
    this.#lasts.forgetThrough(through);
    this.#recent.dropThrough(through);
  }

  /**
   * There was a log of this room before, whose newest cursor is `newest` (SPEC S-7, C-1). Where the room's frames are not all behind
   * it, all of them are taken out of their rows and appended anew behind `newest` and the head; nothing of them may have been
   * stored. Whatever is appended later is behind `newest` in any case. True where frames have moved.
   */
  moveBehind(room: RoomId, newest: Cursor, nowUs: EpochUs): boolean {
    const [oldest] = this.framesOf(room, this.prunedThrough, newest);
    if (newest > this.#head) {
      this.#head = newest;
      this.#meta.write("head_from", newest);
      this.#outbox.headAt(newest);
    }
    if (oldest === undefined) return false;
    const through = this.#head;
    const frames: LogFrame[] = [];
    for (const generation of this.#generations) {
      for (const { row, rest } of generation.takeOut(room)) {
        for (const part of row.parts) if (part.room === room) frames.push(...part.frames);
        this.#outbox.shrank(row.last, row.bytes - rest.bytes);
      }
    }
    this.#recent.takeOut(room);
    this.#prunable = null;
    const [to = through] = this.append([{ room, frames }], [], nowUs);
    this.#moves.record(room, { through, to });
    return true;
  }

  #write(written: WrittenRow, keysText: string | null): void {
    const { row } = written;
    const keys =
      keysText === null ? null : { text: keysText, hashes: hashesOf(keysText, this.#seed) };
    this.#generations.append(written, this.#outbox.through, keys);
    this.#head = row.last;
    this.#appendedBytes += row.bytes;
    this.#outbox.appended(row.bytes, row.last);
    this.#recent.push(row);
    if (keysText !== null) this.#keys.learn(row.last, parseKeys(keysText));
  }
}
