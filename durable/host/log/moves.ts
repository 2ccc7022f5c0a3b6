import type { Cursor } from "../../../src/protocol/words/time.ts";
import { numberOf, type SqlPort } from "../../room/sql-port.ts";
import type { RoomId } from "./rows/log-row.ts";

/** The frames of a room up to `through` are now behind it, all up to `to`. */
interface Move {
  through: Cursor;
  to: Cursor;
}

/** Where frames that have moved are, for requests whose rows they left. One row a room that ever moved; a later move counts. */
export class Moves {
  readonly #sql: SqlPort;
  readonly #byRoom = new Map<RoomId, Move>();

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS moves (room INTEGER PRIMARY KEY, through INTEGER NOT NULL, moved_to INTEGER NOT NULL)",
    );
    for (const row of sql.exec("SELECT room, through, moved_to FROM moves")) {
      this.#byRoom.set(numberOf(row["room"]) as RoomId, {
        through: numberOf(row["through"]) as Cursor,
        to: numberOf(row["moved_to"]) as Cursor,
      });
    }
  }

  record(room: RoomId, { through, to }: Move): void {
    this.#byRoom.set(room, { through, to });
    this.#sql.exec(
      "INSERT OR REPLACE INTO moves (room, through, moved_to) VALUES (?, ?, ?)",
      ...[room, through, to],
    );
  }

  /** Up to where that is now which any room had at a cursor: it may be further than it is, and never less far. */
  latestEndOf(cursor: Cursor): Cursor {
    let end = cursor;
    for (const { through, to } of this.#byRoom.values()) {
      if (cursor <= through && to > end) end = to;
    }
    return end;
  }

  /** Up to where that is now which a room had at a cursor; null where it has not moved. */
  endOf(room: RoomId, cursor: Cursor): Cursor | null {
    const move = this.#byRoom.get(room);
    return move !== undefined && cursor <= move.through ? move.to : null;
  }
}
