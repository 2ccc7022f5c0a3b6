import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import type { LogFrame, RoomId } from "../host/log/host-log.ts";
import { RecentRows } from "../host/log/rows/recent-rows.ts";
import type { FoldedLog, WatchedLog } from "../room/log/watched-log.ts";

/** What the rooms of a relay share: the newest frames of all of them, in so much memory, and which log they are of. */
export class RelayFrames {
  readonly recent: RecentRows;
  /** Null before the host has said it. */
  logId: LogId | null = null;
  /** Logs that have handed symbols over to it. */
  readonly former = new Set<LogId>();
  #runs = 0;
  #last = 0 as Cursor;

  constructor(limitBytes: number) {
    this.recent = new RecentRows(this.#last, limitBytes);
  }

  /** All frames of a room from `begin` on. */
  runFrom(begin: Cursor): FrameRun {
    this.#runs += 1;
    return new FrameRun(this, this.#runs as RoomId, begin);
  }

  push(room: RoomId, frames: readonly LogFrame[]): void {
    const first = frames[0]?.cursor ?? this.#last;
    // Rooms are fed one after another: a row counts as old as the newest that came before it, or one that goes would hide others.
    this.#last = Math.max(this.#last, frames.at(-1)?.cursor ?? 0) as Cursor;
    let [events, bytes] = [0, 0];
    for (const { count, text } of frames) {
      events += count;
      bytes += text.length;
    }
    this.recent.push({ first, last: this.#last, events, bytes, parts: [{ room, frames }] });
  }
}

/** Frames of one room without a hole, as far as memory has them. */
export class FrameRun {
  readonly room: RoomId;
  readonly #frames: RelayFrames;
  readonly #begin: Cursor;
  #last: Cursor;

  constructor(frames: RelayFrames, room: RoomId, begin: Cursor) {
    this.room = room;
    this.#frames = frames;
    this.#begin = begin;
    this.#last = begin;
  }

  /** Cursor of the newest frame, or where it begins. */
  get head(): Cursor {
    return this.#last;
  }

  /** Every frame after it is here. */
  get prunedThrough(): Cursor {
    const pruned = Math.min(this.#frames.recent.from, this.#last);
    return Math.max(this.#begin, pruned) as Cursor;
  }

  /** Takes those that are behind its newest. */
  append(frames: readonly LogFrame[]): void {
    const fresh = frames.filter(({ cursor }) => cursor > this.#last);
    const last = fresh.at(-1)?.cursor;
    if (last === undefined) return;
    this.#last = last;
    this.#frames.push(this.room, fresh);
  }

  /** Nobody reads it any more. */
  drop(): void {
    this.#frames.recent.takeOut(this.room);
  }
}

/** A relay's copy of the newest of a room's log. What is before it is asked of the host. */
export class RelayLog implements WatchedLog, FoldedLog {
  /** Nothing of it is on disk. */
  readonly id = null;
  readonly #frames: RelayFrames;
  run: FrameRun;
  /** As the host said it last. */
  oldest: Cursor;

  constructor(frames: RelayFrames, run: FrameRun) {
    this.#frames = frames;
    this.run = run;
    this.oldest = run.head;
  }

  get logId(): LogId {
    if (this.#frames.logId === null) throw new Error("the host has not said which log it is");
    return this.#frames.logId;
  }

  isFormer(log: LogId): boolean {
    return this.#frames.former.has(log);
  }

  get head(): Cursor {
    return this.run.head;
  }

  get prunedThrough(): Cursor {
    return this.run.prunedThrough;
  }

  framesAfter(after: Cursor, upTo: Cursor): Iterable<LogFrame> {
    return this.#frames.recent.framesOf(this.run.room, after, upTo);
  }

  /** None of its frames are rows on a disk. */
  rowsAfter(): number {
    return 0;
  }

  /** No trade is looked for here: the host has done that. */
  newest(): readonly LogFrame[] {
    return [];
  }
}
