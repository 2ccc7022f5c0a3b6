import type { IdempotentRequest } from "../../../src/bindings/host.ts";
import { allocateCursors } from "../../../src/core/cursor.ts";
import type { LogId } from "../../../src/protocol/log-id.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import { numberOf, type SqlPort } from "../../room/sql-port.ts";
import { Generation } from "./generations.ts";
import { KeptKeys, type KeyBlock, type KeyRow } from "./kept-keys.ts";
import { hashesOf, hashOf, keyTexts, parseKeys } from "./key-text.ts";
import { LastCursors } from "./last-cursors.ts";
import {
  countFrames,
  type LogFrame,
  type LogRow,
  lastOfPart,
  numberFrames,
  packParts,
  type RoomId,
  type RoomPart,
  splitRows,
  type WrittenRow,
} from "./log-row.ts";
import { Meta } from "./meta.ts";
import { RecentRows } from "./recent-rows.ts";

export type { LogFrame, RoomId, RoomPart } from "./log-row.ts";

/** A request with an `Idempotency-Key`, and the rooms that it pushed to. */
export interface KeyedBatch {
  request: IdempotentRequest;
  rooms: readonly RoomId[];
}

/** How much of itself a log keeps. */
export interface LogKeeping {
  /** Newest events the log keeps; older ones go once they are in Postgres, a quarter of this at a time. */
  events: number;
  /** Newest text it keeps, for some events are whole order books. */
  bytes: number;
  /** Newest rows kept in memory: the first tier of replay, and what the outbox reads. */
  recentBytes: number;
}

/** What a host keeps outside of tests. */
export const KEEPING: LogKeeping = {
  events: 1_000_000,
  bytes: 128 * 1024 * 1024,
  recentBytes: 8 * 1024 * 1024,
};

/** A part of the outbox, ready for a Writer. */
export interface HostPart {
  /** Each room once, its frames in order. */
  rooms: { room: RoomId; frames: LogFrame[] }[];
  /** Where it begins. */
  after: Cursor;
  through: Cursor;
  events: number;
  bytes: number;
}

/** A new generation begins after so much of what the log keeps. */
const GENERATION_SHARE = 1 / 4;
/** Rows of the outbox that are looked at before any is read. */
const OUTBOX_ROWS = 64;

/**
 * The append-only log of a host, replay log and outbox of all its rooms in one. Its rooms share one space of cursors. A commit is a
 * row; memory holds the newest rows. All of it is synchronous, and what one turn of the event loop writes is one commit.
 *
 * `storedThrough`, the outbox's position, is written down for free with the next row that is appended, and by `saveStored`; what a
 * crash forgets of it is sent again, and storing is idempotent (INV-1).
 */
export class HostLog {
  /** Names this life of the log, and so that of every room's (SPEC C-6). */
  readonly id: LogId;
  /** The log was made by this object. */
  readonly isNew: boolean;
  readonly #sql: SqlPort;
  readonly #meta: Meta;
  readonly #keeping: LogKeeping;
  readonly #generations: Generation[];
  readonly #recent: RecentRows;
  readonly #lasts: LastCursors;
  readonly #keys: KeptKeys;
  /** Of this log alone, so that nobody can make keys whose hashes meet. */
  readonly #seed: number;
  /** Where frames that have moved are now: those of the room up to `through` are all up to `to`. */
  readonly #moves = new Map<RoomId, { through: Cursor; to: Cursor }>();
  #head: Cursor;
  #prunedThrough: Cursor;
  #storedThrough: Cursor;
  #savedStored: Cursor;
  #outboxBytes: number;
  #nowUs: EpochUs;
  #prunable: { through: Cursor; rooms: RoomId[] } | null = null;

  /** Opens the log, or makes it; `newId` names a log that is made. */
  constructor(sql: SqlPort, nowUs: EpochUs, newId: () => string, keeping: LogKeeping = KEEPING) {
    this.#sql = sql;
    this.#keeping = keeping;
    this.#nowUs = nowUs;
    this.#meta = new Meta(sql);
    const id = this.#meta.read("id");
    this.isNew = id === null;
    this.id = (id ?? newId()) as LogId;
    if (this.isNew) this.#make(nowUs);
    this.#seed = hashOf(this.id, 0);
    this.#generations = this.#openGenerations();
    this.#prunedThrough = (this.#meta.readNumber("pruned_through") ?? 0) as Cursor;
    this.#head = Math.max(
      ...this.#generations.map(({ last }) => last ?? 0),
      this.#prunedThrough,
      this.#meta.readNumber("head_from") ?? 0,
    ) as Cursor;
    this.#storedThrough = this.#readStored();
    this.#savedStored = this.#storedThrough;
    this.#outboxBytes = this.#generations.reduce(
      (sum, generation) => sum + generation.bytesAfter(this.#storedThrough),
      0,
    );
    this.#endOutbox();
    this.#recent = new RecentRows(this.#head, keeping.recentBytes);
    this.#lasts = new LastCursors(() => this.#generations);
    const source = {
      keyBlocks: (after: Cursor) => this.#keyBlocks(after),
      keysAround: (cursor: Cursor) => this.#keysAround(cursor),
    };
    this.#keys = new KeptKeys(sql, source, this.#seed);
    this.#openMoves();
  }

  /** Cursor of the newest row. It never goes back (SPEC C-1). */
  get head(): Cursor {
    return this.#head;
  }
  /** Every frame after it is in this log; every frame up to it is in Postgres. */
  get prunedThrough(): Cursor {
    return this.#prunedThrough;
  }
  /** Every frame up to it is known to be in Postgres; the head where there is nothing left to store. */
  get storedThrough(): Cursor {
    return this.#storedThrough;
  }
  get outboxBytes(): number {
    return this.#outboxBytes;
  }
  get events(): number {
    return this.#generations.reduce((sum, { events }) => sum + events, 0);
  }

  /**
   * Appends the parts of one commit and gives each the newest cursor of its room in it, by place; a part without frames, of a room
   * that has no other, gets the commit's last cursor, or the head where there is nothing to write. Parts of one room are put
   * together. Keys are durable with it, also where no part has a frame.
   */
  append(parts: readonly RoomPart[], keys: readonly KeyedBatch[], nowUs: EpochUs): Cursor[] {
    this.#nowUs = Math.max(this.#nowUs, nowUs) as EpochUs;
    const runs: RoomPart[][] = splitRows(packParts(parts));
    const from = allocateCursors(this.#head, nowUs, 1).first;
    const keyed = { atUs: nowUs, from, requests: keys.map(({ request }) => request) };
    const texts = keyTexts(keyed);
    // The keys go into the last row, and where they outgrow it into rows of their own behind it.
    const lastRun = Math.max(0, runs.length - 1);
    const rows = texts.length === 0 ? runs.length : lastRun + texts.length;
    const ends = new Map<RoomId, Cursor>();
    if (rows > 0) this.#rollOver();
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
    return this.#lasts.of(room, this.#prunedThrough);
  }

  /** Frames of a room after `after` and up to `upTo`, oldest first. To be read in the turn that asked for it. */
  *framesOf(room: RoomId, after: Cursor, upTo: Cursor): Generator<LogFrame> {
    const { from } = this.#recent;
    if (after < from) {
      const end = Math.min(upTo, from) as Cursor;
      for (const generation of this.#generations) yield* generation.framesOf(room, after, end);
    }
    yield* this.#recent.framesOf(room, after, upTo);
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
    const older: LogFrame[] = [];
    const { from } = this.#recent;
    for (const generation of this.#generations.toReversed()) {
      const begins = generation.beginOfNewest(room, from, missing);
      if (begins === null) continue;
      const frames = [...generation.framesOf(room, (begins.cursor - 1) as Cursor, from)];
      older.unshift(...frames);
      missing -= begins.events;
      if (missing <= 0) break;
    }
    return [...older, ...recent];
  }

  /**
   * A request that came with this key in the last 24 h: its digest, and up to where what it brought to a room is. That is the
   * newest cursor of the room in its commit, or where that is not known any more the commit's last.
   */
  findKey(
    key: string,
    nowUs: EpochUs,
  ): { fingerprint: string; cursorOf(room: RoomId): Cursor } | null {
    this.#nowUs = Math.max(this.#nowUs, nowUs) as EpochUs;
    const found = this.#keys.find(key, nowUs);
    if (found === null) return null;
    const { fingerprint, from, row } = found;
    return { fingerprint, cursorOf: (room) => this.#endOf(room, from, row) };
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
    const part: HostPart = { rooms: [], after, through: after, events: 0, bytes: 0 };
    if (this.#outboxBytes === 0) return null;
    const byRoom = new Map<RoomId, LogFrame[]>();
    for (const row of this.#outboxRows(after, limit, mayStore)) {
      for (const { room, frames } of row.parts) {
        const list = byRoom.get(room);
        if (list === undefined) byRoom.set(room, [...frames]);
        else for (const frame of frames) list.push(frame);
      }
      part.through = row.last;
      part.events += row.events;
      part.bytes += row.bytes;
    }
    part.rooms = Array.from(byRoom, ([room, frames]) => ({ room, frames }));
    return part.events === 0 ? null : part;
  }

  /** The part is in Postgres. One that was made before the outbox began anew says nothing any more. */
  markStored(part: Pick<HostPart, "after" | "through" | "bytes">): void {
    if (part.after !== this.#storedThrough) return;
    this.#storedThrough = part.through;
    this.#outboxBytes -= part.bytes;
    this.#endOutbox();
  }

  /** Writes the outbox's position down where the newest row does not hold it. */
  saveStored(): void {
    if (this.#savedStored === this.#storedThrough) return;
    this.#meta.write("stored_through", this.#storedThrough);
    this.#savedStored = this.#storedThrough;
  }

  /** Nothing is known to be stored of what the log holds: all of it is the outbox. What older rows say of that counts no more. */
  storeAgain(): void {
    this.#storedThrough = this.#prunedThrough;
    this.#savedStored = this.#prunedThrough;
    this.#outboxBytes = this.#generations.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#meta.write("stored_anew_from", this.#head);
    this.#meta.write("stored_through", this.#prunedThrough);
    this.#endOutbox();
  }

  /** What the next pruning drops: through where, and the rooms that have frames in it; null where nothing is due. */
  get prunable(): { through: Cursor; rooms: RoomId[] } | null {
    const [oldest, next] = this.#generations;
    const through = oldest?.last ?? null;
    if (oldest === undefined || next === undefined || through === null) return null;
    if (through > this.#storedThrough || !this.#canSpare(oldest)) return null;
    if (this.#prunable?.through !== through) {
      this.#prunable = { through, rooms: [...oldest.rooms()] };
    }
    return this.#prunable;
  }

  /** Drops the oldest generation, which ends at `through`. Its keys are kept for their 24 h. */
  prune(through: Cursor): void {
    const [oldest] = this.#generations;
    if (oldest === undefined || oldest.last !== through || this.#generations.length === 1) {
      throw new Error(`no generation that can be dropped ends at ${through}`);
    }
    this.#keys.keep(oldest.keyBlocks(this.#prunedThrough), this.#nowUs);
    oldest.drop();
    this.#generations.shift();
    this.#meta.write("oldest_generation", oldest.number + 1);
    this.#meta.write("pruned_through", through);
    this.#prunedThrough = through;
    this.#prunable = null;
    this.#lasts.forgetThrough(through);
    this.#recent.dropThrough(through);
  }

  /**
   * There was a log of this room before, whose newest cursor is `newest` (SPEC S-7, C-1). Where the room's frames are not all behind
   * it, all of them are taken out of their rows and appended anew behind `newest` and the head; nothing of them may have been
   * stored. Whatever is appended later is behind `newest` in any case.
   */
  moveBehind(room: RoomId, newest: Cursor, nowUs: EpochUs): void {
    const [oldest] = this.framesOf(room, this.#prunedThrough, newest);
    if (newest > this.#head) {
      this.#head = newest;
      this.#meta.write("head_from", newest);
      this.#endOutbox();
    }
    if (oldest === undefined) return;
    const through = this.#head;
    const frames: LogFrame[] = [];
    for (const generation of this.#generations) {
      for (const { row, rest } of generation.takeOut(room)) {
        for (const part of row.parts) if (part.room === room) frames.push(...part.frames);
        if (row.last > this.#storedThrough) this.#outboxBytes -= row.bytes - rest.bytes;
      }
    }
    this.#recent.takeOut(room);
    this.#prunable = null;
    const [to = through] = this.append([{ room, frames }], [], nowUs);
    this.#moves.set(room, { through, to });
    this.#sql.exec(
      "INSERT OR REPLACE INTO moves (room, through, moved_to) VALUES (?, ?, ?)",
      ...[room, through, to],
    );
  }

  #make(nowUs: EpochUs): void {
    this.#meta.write("id", this.id);
    // What was before is in Postgres, if anywhere (INV-3).
    this.#meta.write("pruned_through", nowUs - 1);
    this.#meta.write("oldest_generation", 1);
    this.#meta.write("newest_generation", 1);
    Generation.begin(this.#sql, 1);
  }

  #openGenerations(): Generation[] {
    const oldest = this.#meta.readNumber("oldest_generation") ?? 1;
    const newest = this.#meta.readNumber("newest_generation") ?? 1;
    return Array.from({ length: newest - oldest + 1 }, (_, index) =>
      Generation.open(this.#sql, oldest + index, (keys) => hashesOf(keys, this.#seed)),
    );
  }

  #openMoves(): void {
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS moves (room INTEGER PRIMARY KEY, through INTEGER NOT NULL, moved_to INTEGER NOT NULL)",
    );
    for (const row of this.#sql.exec("SELECT room, through, moved_to FROM moves")) {
      const through = numberOf(row["through"]) as Cursor;
      const to = numberOf(row["moved_to"]) as Cursor;
      this.#moves.set(numberOf(row["room"]) as RoomId, { through, to });
    }
  }

  /** Only the newest row counts: the position that rows hold only moves on, until the outbox begins anew. */
  #readStored(): Cursor {
    const anewFrom = (this.#meta.readNumber("stored_anew_from") ?? 0) as Cursor;
    const newest = this.#generations.findLast(({ last }) => last !== null);
    return Math.max(
      newest?.storedAfter(anewFrom) ?? 0,
      this.#meta.readNumber("stored_through") ?? 0,
      this.#prunedThrough,
    ) as Cursor;
  }

  /** Rows without a frame are stored as soon as all before them is. */
  #endOutbox(): void {
    if (this.#outboxBytes === 0) this.#storedThrough = this.#head;
  }

  #write(written: WrittenRow, keysText: string | null): void {
    const newest = this.#generations.at(-1);
    if (newest === undefined) throw new Error("the log has no generation");
    const { row } = written;
    const keys =
      keysText === null ? null : { text: keysText, hashes: hashesOf(keysText, this.#seed) };
    newest.append(written, this.#storedThrough, keys);
    this.#head = row.last;
    this.#outboxBytes += row.bytes;
    this.#endOutbox();
    this.#savedStored = this.#storedThrough;
    this.#recent.push(row);
    if (keysText !== null) this.#keys.learn(row.last, parseKeys(keysText));
  }

  /** Begins a new generation where the newest is large enough. */
  #rollOver(): void {
    const newest = this.#generations.at(-1);
    if (newest === undefined) throw new Error("the log has no generation");
    const { events, bytes } = this.#keeping;
    const isLarge =
      newest.events >= events * GENERATION_SHARE || newest.bytes >= bytes * GENERATION_SHARE;
    if (!isLarge) return;
    newest.closeBlock();
    const number = newest.number + 1;
    this.#generations.push(Generation.begin(this.#sql, number));
    this.#meta.write("newest_generation", number);
  }

  /** Do the other generations hold enough? */
  #canSpare(oldest: Generation): boolean {
    const bytes = this.#generations.reduce((sum, generation) => sum + generation.bytes, 0);
    return (
      this.events - oldest.events >= this.#keeping.events ||
      bytes - oldest.bytes >= this.#keeping.bytes
    );
  }

  *#outboxRows(
    after: Cursor,
    limit: { events: number; bytes: number },
    mayStore: (room: RoomId) => boolean,
  ): Generator<LogRow> {
    const taken = { events: 0, bytes: 0 };
    const fits = ({
      events,
      bytes,
      parts,
    }: Pick<LogRow, "events" | "bytes"> & { parts: readonly { room: RoomId }[] }) => {
      if (
        taken.events > 0 &&
        (taken.events + events > limit.events || taken.bytes + bytes > limit.bytes)
      )
        return false;
      if (!parts.every(({ room }) => mayStore(room))) return false;
      taken.events += events;
      taken.bytes += bytes;
      return true;
    };
    const { from } = this.#recent;
    let position = after;
    for (const generation of this.#generations) {
      while (position < Math.min(from, generation.last ?? 0)) {
        const heads = generation.heads(position, from, OUTBOX_ROWS);
        if (heads.length === 0) break;
        const unfit = heads.findIndex((head) => !fits(head));
        const end = heads.at(unfit === -1 ? -1 : unfit - 1)?.last;
        if (unfit !== 0 && end !== undefined) {
          yield* generation.rows(position, end);
          position = end;
        }
        if (unfit !== -1) return;
      }
    }
    for (const row of this.#recent.rowsAfter(Math.max(position, from) as Cursor)) {
      if (!fits(row)) return;
      yield row;
    }
  }

  /** Where the part of a room in a commit ends, from the commit's first cursor to its last row. */
  #endOf(room: RoomId, from: Cursor, row: Cursor): Cursor {
    for (const generation of this.#generations) {
      const heads = generation.heads((from - 1) as Cursor, row, Number.MAX_SAFE_INTEGER, room);
      const part = heads.at(-1)?.parts[0];
      if (part !== undefined) return lastOfPart(part);
    }
    const move = this.#moves.get(room);
    return move !== undefined && row <= move.through ? move.to : row;
  }

  #keysAround(cursor: Cursor): KeyRow[] | null {
    if (cursor <= this.#prunedThrough) return null;
    const generation = this.#generations.find(({ last }) => last !== null && cursor <= last);
    return generation?.keysAround(cursor) ?? null;
  }

  *#keyBlocks(after: Cursor): Generator<KeyBlock> {
    for (const generation of this.#generations) yield* generation.keyBlocks(after);
  }
}
