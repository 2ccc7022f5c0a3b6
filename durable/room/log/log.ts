import { allocateCursors } from "../../../src/core/cursor.ts";
import type { EncodedFrame } from "../../../src/core/encode-events.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../../src/protocol/time.ts";
import { numberOf, type SqlCell, type SqlPort, textOf } from "../sql-port.ts";
import { framesOf, type LogFrame, type LogRow, packFrames, splitRows } from "./log-row.ts";

/** How much of itself a log keeps. */
export interface LogKeeping {
  /** Newest events the log keeps; older ones go once they are in Postgres. */
  events: number;
  /** Pruning waits for so many events more, so that it costs one statement for thousands of events. */
  slackEvents: number;
  /** Newest text it keeps, for some events are whole order books. A quarter more is let gather before that is pruned. */
  bytes: number;
  /** Newest rows kept in memory: the first tier of replay, and what the outbox drain reads. */
  recentBytes: number;
}

/** What a room keeps outside of tests. */
export const KEEPING: LogKeeping = {
  events: 50_000,
  slackEvents: 5_000,
  bytes: 128 * 1024 * 1024,
  recentBytes: 1024 * 1024,
};

const PENDING = { place: 1, life: 2 };

/** A part of the outbox, ready for a Writer. */
export interface OutboxPart {
  frames: LogFrame[];
  /** Where it begins. */
  after: Cursor;
  through: Cursor;
  events: number;
  bytes: number;
}

/** Creates what the room keeps; safe to run at every wake. */
export function createTables(sql: SqlPort): void {
  sql.exec(`CREATE TABLE IF NOT EXISTS log (
    cursor INTEGER PRIMARY KEY, first INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
    stored INTEGER NOT NULL, counts TEXT NOT NULL, frames TEXT NOT NULL)`);
  sql.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID");
}

/**
 * A room's append-only log: replay log and outbox in one. A row holds a batch; memory holds the newest rows.
 *
 * `storedThrough`, the outbox's position, is written down for free with the next row that is appended, and by
 * `saveStored`; what a crash forgets of it is sent again, and storing is idempotent (INV-1).
 */
export class RoomLog {
  readonly #sql: SqlPort;
  readonly #keeping: LogKeeping;
  #head: Cursor;
  #prunedThrough: Cursor;
  #storedThrough: Cursor;
  #savedStored: Cursor;
  #events: number;
  #bytes: number;
  #outboxBytes: number;
  /** What a new log has not been told yet: its place behind an earlier life, or what that was. */
  #pending: "place" | "life" | null;
  #recent: LogRow[] = [];
  #recentBytes = 0;

  /**
   * Opens the log. A log made now takes everything before `nowUs` to be in Postgres, if anywhere (INV-3), until it is told what
   * was before.
   */
  constructor(sql: SqlPort, nowUs: EpochUs, keeping: LogKeeping = KEEPING) {
    this.#sql = sql;
    this.#keeping = keeping;
    createTables(sql);
    const born = this.#readMeta("pruned_through");
    if (born === null) {
      this.#writeMeta("pruned_through", nowUs - 1);
      this.#writeMeta("pending", PENDING.place);
    }
    const pending = this.#readMeta("pending");
    this.#pending = pending === null ? null : pending === PENDING.place ? "place" : "life";
    this.#prunedThrough = (born ?? nowUs - 1) as Cursor;
    const [totals] = sql.exec(
      "SELECT coalesce(max(cursor), 0) AS head, coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes, coalesce(max(CASE WHEN cursor > ? THEN stored END), 0) AS stored FROM log",
      this.#readMeta("stored_anew_from") ?? 0,
    );
    this.#head = Math.max(
      numberOf(totals?.["head"]),
      this.#prunedThrough,
      this.#readMeta("head_from") ?? 0,
    ) as Cursor;
    this.#events = numberOf(totals?.["events"]);
    this.#bytes = numberOf(totals?.["bytes"]);
    this.#savedStored = Math.max(
      numberOf(totals?.["stored"]),
      this.#readMeta("stored_through") ?? 0,
      this.#prunedThrough,
    ) as Cursor;
    this.#storedThrough = this.#savedStored;
    const [outbox] = sql.exec(
      "SELECT coalesce(sum(bytes), 0) AS bytes FROM log WHERE cursor > ?",
      this.#storedThrough,
    );
    this.#outboxBytes = numberOf(outbox?.["bytes"]);
  }

  /** Cursor of the newest frame. */
  get head(): Cursor {
    return this.#head;
  }
  /** Every frame after it is in this log; every frame up to it is in Postgres. */
  get prunedThrough(): Cursor {
    return this.#prunedThrough;
  }
  /** Every frame up to it is known to be in Postgres. */
  get storedThrough(): Cursor {
    return this.#storedThrough;
  }
  get outboxBytes(): number {
    return this.#outboxBytes;
  }
  get events(): number {
    return this.#events;
  }
  /** True until the log has been told what was before it. */
  get isPending(): boolean {
    return this.#pending !== null;
  }
  /** Every cursor of this log is behind those of an earlier life. */
  get isPlaced(): boolean {
    return this.#pending !== "place";
  }

  /** There was nothing before: the log reaches back to the beginning of everything. */
  beginFromNothing(): void {
    // Viewers have been told of a head, and a log that is opened again without a row must not be behind it (SPEC C-1).
    this.#writeMeta("head_from", this.#head);
    this.#writeMeta("pruned_through", CURSOR_ORIGIN);
    this.#prunedThrough = CURSOR_ORIGIN;
    this.settle();
  }

  /**
   * There was a log before, whose newest cursor is `newest` where that is beyond the beginning of this one. Its clock was ahead of
   * ours then: what this log has moves behind it, so that cursors only grow (SPEC C-1). True where it moved, and whoever has
   * read of this log before must begin anew.
   */
  beginAfter(newest: Cursor | null): boolean {
    this.#writeMeta("pending", PENDING.life);
    this.#pending = "life";
    if (newest === null || newest <= this.#prunedThrough) return false;
    const [first] = this.#sql.exec("SELECT min(first) AS first FROM log");
    const hasRows = first !== undefined && first["first"] !== null;
    if (hasRows) {
      const shift = newest + 1 - numberOf(first["first"]);
      // Over the negative numbers, for a row must not take the place of one that has not moved yet.
      this.#sql.exec("UPDATE log SET cursor = -(cursor + ?), first = first + ?", shift, shift);
      this.#sql.exec("UPDATE log SET cursor = -cursor");
      this.#sql.exec(
        "UPDATE idempotency SET cursor = cursor + ? WHERE cursor > ?",
        shift,
        this.#prunedThrough,
      );
    }
    this.#writeMeta("pruned_through", newest);
    this.#prunedThrough = newest;
    this.#storedThrough = newest;
    this.#savedStored = newest;
    this.#head = Math.max(this.#head, newest) as Cursor;
    return hasRows;
  }

  /** What was before is known. */
  settle(): void {
    this.#sql.exec("DELETE FROM meta WHERE key = 'pending'");
    this.#pending = null;
  }

  /** Appends frames as one row (more than one only where a batch outgrows a row) and gives the range of cursors. */
  append(frames: readonly EncodedFrame[], nowUs: EpochUs): { first: Cursor; last: Cursor } {
    const before = this.#head;
    for (const run of splitRows(packFrames(frames))) {
      const { first, last } = allocateCursors(this.#head, nowUs, run.length);
      const texts = run.map((frame) => frame.text);
      const counts = run.map((frame) => frame.count);
      const joined = texts.join("\n");
      const events = counts.reduce((sum, count) => sum + count, 0);
      this.#sql.exec(
        "INSERT INTO log (cursor, first, events, bytes, stored, counts, frames) VALUES (?, ?, ?, ?, ?, ?, ?)",
        last,
        first,
        events,
        joined.length,
        this.#storedThrough,
        counts.join(","),
        joined,
      );
      this.#savedStored = this.#storedThrough;
      this.#head = last;
      this.#events += events;
      this.#bytes += joined.length;
      this.#outboxBytes += joined.length;
      this.#remember({ first, last, events, bytes: joined.length, counts, texts });
    }
    return { first: (before + 1) as Cursor, last: this.#head };
  }

  /** Rows that hold frames after `after`, oldest first, from memory where it reaches back far enough. */
  *rowsAfter(after: Cursor): Generator<LogRow> {
    let position = after;
    const oldest = this.#recent[0];
    if (oldest === undefined || position < oldest.first - 1) {
      for (;;) {
        const rows = [
          ...this.#sql.exec(
            "SELECT cursor, first, events, bytes, counts, frames FROM log WHERE cursor > ? ORDER BY cursor LIMIT 64",
            position,
          ),
        ];
        for (const row of rows) {
          const parsed = parseRow(row);
          position = parsed.last;
          yield parsed;
        }
        if (rows.length < 64) return;
      }
    }
    for (let index = this.#recentIndex(position); index < this.#recent.length; index += 1) {
      const row = this.#recent[index];
      if (row !== undefined) yield row;
    }
  }

  /** Frames after `after` and up to `upTo`, oldest first. */
  *framesAfter(after: Cursor, upTo: Cursor): Generator<LogFrame> {
    for (const row of this.rowsAfter(after)) {
      if (row.first > upTo) return;
      yield* framesOf(row, after, upTo);
    }
  }

  /** The oldest part of the outbox, of whole rows, or null where everything is in Postgres. */
  outbox(
    limit: { events: number; bytes: number },
    after: Cursor = this.#storedThrough,
  ): OutboxPart | null {
    const part: OutboxPart = { frames: [], after, through: after, events: 0, bytes: 0 };
    for (const row of this.rowsAfter(after)) {
      if (
        part.events > 0 &&
        (part.events + row.events > limit.events || part.bytes + row.bytes > limit.bytes)
      ) {
        break;
      }
      part.frames.push(...framesOf(row, CURSOR_ORIGIN, row.last));
      part.through = row.last;
      part.events += row.events;
      part.bytes += row.bytes;
    }
    return part.events === 0 ? null : part;
  }

  /** The part is in Postgres. One that was made before the outbox began anew says nothing any more. */
  markStored(part: Pick<OutboxPart, "after" | "through" | "bytes">): void {
    if (part.after !== this.#storedThrough) return;
    this.#storedThrough = part.through;
    this.#outboxBytes -= part.bytes;
  }

  /** Writes the outbox's position down where the newest row does not hold it. */
  saveStored(): void {
    if (this.#savedStored === this.#storedThrough) return;
    this.#writeMeta("stored_through", this.#storedThrough);
    this.#savedStored = this.#storedThrough;
  }

  /** Nothing is known to be stored of what the log holds: all of it is the outbox. What older rows say of that counts no more. */
  storeAgain(): void {
    this.#storedThrough = this.#prunedThrough;
    this.#savedStored = this.#prunedThrough;
    this.#outboxBytes = this.#bytes;
    this.#writeMeta("stored_anew_from", this.#head);
    this.#writeMeta("stored_through", this.#prunedThrough);
  }

  /** True where pruning would free enough to be worth a statement. */
  get prunable(): boolean {
    const { events, slackEvents, bytes } = this.#keeping;
    const isLong = this.#events > events + slackEvents || this.#bytes > bytes * 1.25;
    return isLong && this.#storedThrough > this.#prunedThrough;
  }

  /** Drops the oldest rows beyond the newest events it keeps, never one that is not in Postgres. */
  prune(): void {
    const surplus = {
      events: this.#events - this.#keeping.events,
      bytes: this.#bytes - this.#keeping.bytes,
    };
    let cut: Cursor | null = null;
    const dropped = { events: 0, bytes: 0 };
    for (const row of this.#sql.exec(
      "SELECT cursor, events, bytes FROM log WHERE cursor <= ? ORDER BY cursor",
      this.#storedThrough,
    )) {
      const events = dropped.events + numberOf(row["events"]);
      const bytes = dropped.bytes + numberOf(row["bytes"]);
      if (events > surplus.events && bytes > surplus.bytes) break;
      dropped.events = events;
      dropped.bytes = bytes;
      cut = numberOf(row["cursor"]) as Cursor;
    }
    if (cut === null) return;
    this.#writeMeta("pruned_through", cut);
    this.#writeMeta("stored_through", this.#storedThrough);
    this.#savedStored = this.#storedThrough;
    this.#sql.exec("DELETE FROM log WHERE cursor <= ?", cut);
    this.#prunedThrough = cut;
    this.#events -= dropped.events;
    this.#bytes -= dropped.bytes;
  }

  #remember(row: LogRow): void {
    this.#recent.push(row);
    this.#recentBytes += row.bytes;
    // Shifting a long array at each row would cost more than the row: a quarter of it goes at a time.
    const { recentBytes } = this.#keeping;
    if (this.#recentBytes <= recentBytes * 1.25) return;
    let drop = 0;
    while (this.#recentBytes > recentBytes && drop < this.#recent.length - 1) {
      this.#recentBytes -= this.#recent[drop]?.bytes ?? 0;
      drop += 1;
    }
    this.#recent.splice(0, drop);
  }

  /** Index of the first row in memory whose last frame is after `after`. */
  #recentIndex(after: Cursor): number {
    let low = 0;
    let high = this.#recent.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#recent[middle]?.last ?? 0) > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #readMeta(key: string): number | null {
    const [row] = this.#sql.exec("SELECT value FROM meta WHERE key = ?", key);
    return row === undefined ? null : numberOf(row["value"]);
  }

  #writeMeta(key: string, value: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
  }
}

function parseRow(row: Record<string, SqlCell>): LogRow {
  return {
    first: numberOf(row["first"]) as Cursor,
    last: numberOf(row["cursor"]) as Cursor,
    events: numberOf(row["events"]),
    bytes: numberOf(row["bytes"]),
    counts: textOf(row["counts"]).split(",").map(Number),
    texts: textOf(row["frames"]).split("\n"),
  };
}
