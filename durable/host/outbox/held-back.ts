import type { Cursor } from "../../../src/protocol/words/time.ts";
import { numberOf, type SqlCell, type SqlPort, textOf } from "../../room/sql-port.ts";
import type { HostPart, LogFrame, RoomId } from "../log/host-log.ts";

/** Rooms that go together on their second way. */
const ROOMS_AT_ONCE = 32;

/** What one part of the outbox had of a room. */
interface HeldRow {
  room: RoomId;
  first: Cursor;
  last: Cursor;
  bytes: number;
}

/** What is held back of some rooms, to be tried again. */
export interface HeldPart {
  rooms: HostPart["rooms"];
  /** What it is of, for `stored`. */
  rows: readonly HeldRow[];
  bytes: number;
}

/**
 * Frames that Postgres refused while it took those of other rooms, or that may have no place yet for as long as another host is not done
 * with Postgres, and whatever the same rooms had behind them. They leave the
 * log's outbox, which one room must not hold up, and are kept here until Postgres takes them, so the log may drop its own. All of a
 * room is here from its first frame that was refused up to where the outbox is: Postgres has a beginning of each room and no
 * more, as for every other room, and a log that was pruned reaches back over what is here.
 */
export class HeldBack {
  readonly #sql: SqlPort;
  /** In the order in which the rooms are tried; the rows of each in that of their cursors. */
  readonly #rooms = new Map<RoomId, { rows: HeldRow[]; bytes: number }>();
  #bytes = 0;

  /** `position`: where the outbox begins. */
  constructor(sql: SqlPort, position: Cursor) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS held_back (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, room INTEGER NOT NULL, bytes INTEGER NOT NULL, head TEXT NOT NULL, frames TEXT NOT NULL)",
    );
    for (const row of sql.exec("SELECT last, first, room, bytes FROM held_back ORDER BY last")) {
      this.#hold({
        room: numberOf(row["room"]) as RoomId,
        first: numberOf(row["first"]) as Cursor,
        last: numberOf(row["last"]) as Cursor,
        bytes: numberOf(row["bytes"]),
      });
    }
    this.rewind(position);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Number of rooms. */
  get rooms(): number {
    return this.#rooms.size;
  }

  /** Those of which something is held back. */
  get roomIds(): Iterable<RoomId> {
    return this.#rooms.keys();
  }

  has(room: RoomId): boolean {
    return this.#rooms.has(room);
  }

  /** What is held back of a room: its first cursor, and its text; null where nothing is. */
  of(room: RoomId): { first: Cursor; bytes: number } | null {
    const held = this.#rooms.get(room);
    const oldest = held?.rows[0];
    return oldest === undefined ? null : { first: oldest.first, bytes: held?.bytes ?? 0 };
  }

  /** The newest frame of a room that is held back; null where none is. */
  lastOf(room: RoomId): Cursor | null {
    return this.#rooms.get(room)?.rows.at(-1)?.last ?? null;
  }

  /** Is this the cursor of a frame that is held back? */
  holds(cursor: Cursor): boolean {
    for (const { rows } of this.#rooms.values()) {
      for (const row of rows) {
        if (row.first > cursor || row.last < cursor) continue;
        if (this.#read(row).some((frame) => frame.cursor === cursor)) return true;
      }
    }
    return false;
  }

  /** The frames of a room after `after` and up to `upTo`, oldest first. */
  *framesAfter(room: RoomId, after: Cursor, upTo: Cursor): Generator<LogFrame> {
    for (const row of this.#rooms.get(room)?.rows ?? []) {
      if (row.last <= after || row.first > upTo) continue;
      for (const frame of this.#read(row)) {
        if (frame.cursor > after && frame.cursor <= upTo) yield frame;
      }
    }
  }

  /** Takes what a part of the outbox has of a room. */
  add(room: RoomId, frames: readonly LogFrame[]): void {
    const [first, last] = [frames[0]?.cursor, frames.at(-1)?.cursor];
    if (first === undefined || last === undefined) return;
    const text = frames.map((frame) => frame.text).join("\n");
    const head = JSON.stringify(frames.map(({ cursor, count }) => [cursor, count]));
    this.#sql.exec(
      "INSERT INTO held_back (last, first, room, bytes, head, frames) VALUES (?, ?, ?, ?, ?, ?)",
      ...[last, first, room, text.length, head, text],
    );
    this.#hold({ room, first, last, bytes: text.length });
  }

  /** The oldest of some rooms that may be stored, at most about `bytes`; null where nothing of such is held back. */
  part(bytes: number, mayStore: (room: RoomId) => boolean): HeldPart | null {
    const rooms: HostPart["rooms"] = [];
    const taken: HeldRow[] = [];
    let sum = 0;
    for (const [room, { rows }] of this.#rooms) {
      if (rooms.length === ROOMS_AT_ONCE) break;
      if (!mayStore(room)) continue;
      const frames: LogFrame[] = [];
      for (const row of rows) {
        if (taken.length > 0 && sum + row.bytes > bytes) break;
        frames.push(...this.#read(row));
        taken.push(row);
        sum += row.bytes;
      }
      if (frames.length === 0) break;
      rooms.push({ room, frames });
    }
    return rooms.length === 0 ? null : { rooms, rows: taken, bytes: sum };
  }

  /** Postgres has the part, but for these rooms, whose turn comes after all others. */
  stored({ rows }: HeldPart, refused: ReadonlySet<RoomId>): void {
    for (const row of rows) if (!refused.has(row.room)) this.#drop(row);
    for (const room of refused) {
      const waiting = this.#rooms.get(room);
      if (waiting === undefined) continue;
      this.#rooms.delete(room);
      this.#rooms.set(room, waiting);
    }
  }

  /** What was held back of a room is in the outbox again, under other cursors. */
  forget(room: RoomId): void {
    for (const row of [...(this.#rooms.get(room)?.rows ?? [])]) this.#drop(row);
  }

  /** The outbox begins here: what is behind that is in the log, and comes again. */
  rewind(position: Cursor): void {
    for (const { rows } of [...this.#rooms.values()]) {
      for (const row of rows.filter(({ last }) => last > position)) {
        const kept = row.first > position ? [] : this.#read(row);
        this.#drop(row);
        this.add(
          row.room,
          kept.filter(({ cursor }) => cursor <= position),
        );
      }
    }
  }

  #hold(row: HeldRow): void {
    const held = this.#rooms.get(row.room) ?? { rows: [], bytes: 0 };
    held.rows.push(row);
    held.bytes += row.bytes;
    this.#rooms.set(row.room, held);
    this.#bytes += row.bytes;
  }

  #drop(row: HeldRow): void {
    const held = this.#rooms.get(row.room);
    const at = held?.rows.indexOf(row) ?? -1;
    // It may have gone meanwhile, with all that is in the log.
    if (held === undefined || at === -1) return;
    this.#sql.exec("DELETE FROM held_back WHERE last = ?", row.last);
    held.rows.splice(at, 1);
    held.bytes -= row.bytes;
    this.#bytes -= row.bytes;
    if (held.rows.length === 0) this.#rooms.delete(row.room);
  }

  #read({ last }: HeldRow): LogFrame[] {
    const [row] = this.#sql.exec("SELECT head, frames FROM held_back WHERE last = ?", last);
    return row === undefined ? [] : framesIn(row);
  }
}

function framesIn(row: Record<string, SqlCell>): LogFrame[] {
  const head = JSON.parse(textOf(row["head"])) as [Cursor, number][];
  const texts = textOf(row["frames"]).split("\n");
  return head.map(([cursor, count], at) => ({ cursor, count, text: texts[at] ?? "" }));
}
