import type { LogId } from "../../../src/protocol/words/log-id.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../../src/protocol/words/time.ts";
import type { FormerLogs } from "../../host/log/former-logs.ts";
import type { HostLog, LogFrame, RoomId } from "../../host/log/host-log.ts";
import type { HeldBack } from "../../host/outbox/held-back.ts";
import type { Registry } from "../../host/registry.ts";
import type { RoomRecord } from "../../host/room-record.ts";
import type { FoldedLog, WatchedLog } from "./watched-log.ts";

/** What a host shares among the logs of its rooms. */
export interface SharedLog {
  log: HostLog;
  registry: Registry;
  /** Frames that were not stored in their turn: they are not stored, and may not be in the log any more. */
  held: Pick<HeldBack, "of" | "framesAfter" | "forget">;
  /** Logs that handed their symbols over to this one. */
  former: Pick<FormerLogs, "has">;
}

/**
 * What a room sees of the log that it shares with the other rooms of its host: its own frames, and where they lie. A room that
 * nobody has pushed to has no record yet, and nothing of it is on disk.
 */
export class RoomLog implements WatchedLog, FoldedLog {
  readonly #log: HostLog;
  readonly #registry: Registry;
  readonly #held: SharedLog["held"];
  readonly #former: SharedLog["former"];
  #record: RoomRecord | null;
  /** The head where there is no frame. */
  readonly #born: Cursor;
  /** The newest frame; null where the log has none. */
  #last: Cursor | null;

  constructor({ log, registry, held, former }: SharedLog, record: RoomRecord | null) {
    this.#log = log;
    this.#registry = registry;
    this.#held = held;
    this.#former = former;
    this.#record = record;
    this.#born = record?.born ?? log.head;
    this.#last = record === null ? null : log.lastOf(record.id);
  }

  /** Null while nobody has pushed to the room. */
  get id(): RoomId | null {
    return this.#record?.id ?? null;
  }

  /** Names this life of the log; all rooms of a host have the same. */
  get logId(): LogId {
    return this.#log.id;
  }

  /** Did this log hand its symbols over to ours? Then Postgres has all of what it had. */
  isFormer(log: LogId): boolean {
    return this.#former.has(log);
  }

  /** Cursor of the newest frame, or of where the room began, which viewers may have been told. */
  get head(): Cursor {
    return Math.max(this.lastFrame, this.#born) as Cursor;
  }

  /** No frame of the room is behind it; 0 where there has been none. */
  get lastFrame(): Cursor {
    return Math.max(this.#last ?? 0, this.#record?.before ?? 0) as Cursor;
  }

  /** Every frame after it can be read here; every frame up to it is in Postgres. */
  get prunedThrough(): Cursor {
    const record = this.#record;
    if (record === null || record.reaches) return CURSOR_ORIGIN;
    const { prunedThrough } = this.#log;
    // Nothing of the room lies between its newest frame and where the host was pruned.
    const pruned = Math.max(record.before, Math.min(prunedThrough, this.#last ?? 0));
    return Math.min(pruned, this.#heldAfter) as Cursor;
  }

  get oldest(): Cursor {
    return this.prunedThrough;
  }

  /** Every frame up to it is known to be in Postgres. */
  get storedThrough(): Cursor {
    const stored = Math.min(this.#log.storedThrough, this.head, this.#heldAfter);
    return Math.max(stored, this.prunedThrough) as Cursor;
  }

  /** What Postgres has refused begins behind it. */
  get #heldAfter(): number {
    const held = this.#record === null ? null : this.#held.of(this.#record.id);
    return held === null ? Number.POSITIVE_INFINITY : held.first - 1;
  }

  /** True until the room has been told what was before it. */
  get isPending(): boolean {
    return this.#record !== null && this.#record.pending !== null;
  }

  /** Every frame of it is behind those of an earlier life. */
  get isPlaced(): boolean {
    return this.#record === null || this.#record.pending !== "place";
  }

  /** The symbol is another host's: nothing of it is appended here any more. */
  get isSealed(): boolean {
    return this.#record?.isSealed ?? false;
  }

  /** Somebody has pushed to the room. */
  adopt(record: RoomRecord): void {
    this.#record = record;
  }

  /** A frame of the room was appended at `cursor`, and none is behind it. */
  appended(cursor: Cursor): void {
    this.#last = cursor;
  }

  /** Frames after `after` and up to `upTo`, oldest first. */
  *framesAfter(after: Cursor, upTo: Cursor): Generator<LogFrame> {
    if (this.#record === null) return;
    const { id } = this.#record;
    const { prunedThrough } = this.#log;
    if (after < prunedThrough) {
      yield* this.#held.framesAfter(id, after, Math.min(upTo, prunedThrough) as Cursor);
    }
    yield* this.#log.framesOf(id, after, upTo);
  }

  /** About how many rows of its host's log are behind a cursor: what reading on from there costs at the most. */
  rowsAfter(after: Cursor): number {
    return this.#log.rowsAfter(after);
  }

  /** The newest frames that together hold at least so many events, or all, oldest first. */
  newest(events: number): readonly LogFrame[] {
    return this.#record === null ? [] : this.#log.newestOf(this.#record.id, events);
  }

  /** There was nothing before: the log reaches back to the beginning of everything. */
  beginFromNothing(): void {
    this.#save({ before: CURSOR_ORIGIN, reaches: true, pending: null });
  }

  /**
   * The room had a log before, which ended at `newest`. Where that is beyond the beginning of this one, its clock was ahead of
   * ours: what this log has moves behind it, so that cursors only grow (SPEC C-1).
   */
  beginAfter(newest: Cursor, nowUs: EpochUs): void {
    const record = this.#record;
    if (record === null) return;
    if (newest > record.before) {
      const hasMoved = this.#log.moveBehind(record.id, newest, nowUs);
      if (hasMoved) this.#held.forget(record.id);
      this.#last = this.#log.lastOf(record.id);
    }
    const before = Math.max(record.before, newest) as Cursor;
    this.#save({ before, pending: "life" });
  }

  /** What was before is known. */
  settle(): void {
    this.#save({ pending: null });
  }

  /** The room has had a book. */
  noteBook(): void {
    if (this.#record?.hasBook === false) this.#save({ hasBook: true });
  }

  get hasBook(): boolean {
    return this.#record?.hasBook ?? false;
  }

  /** All that the host's log has up to `through` is about to be dropped. Said where some of it is of this room. */
  noteDropped(through: Cursor): void {
    const dropped = Math.min(through, this.#last ?? 0);
    const before = Math.max(this.#record?.before ?? 0, dropped) as Cursor;
    this.#save({ before, reaches: false });
  }

  #save(change: Partial<RoomRecord>): void {
    if (this.#record === null) return;
    Object.assign(this.#record, change);
    this.#registry.save(this.#record);
  }
}
