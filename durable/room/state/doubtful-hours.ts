import { bucketStartUs } from "../../../src/core/bars/bars.ts";
import { decodeFrame } from "../../../src/core/events/encode-events.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { LogFrame } from "../../host/log/host-log.ts";
import type { FoldedLog } from "../log/watched-log.ts";
import { type SqlPort, textOf } from "../sql-port.ts";

/** A room knows 24 hours: of more in doubt the oldest lie before those. */
const MOST_HOURS = 24;

/** Creates what the rooms of a host keep of it; safe to run at every wake. */
export function createDoubtsTable(sql: SqlPort): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS doubtful_hours (room INTEGER PRIMARY KEY, hours TEXT NOT NULL)",
  );
}

/** Where in the log the trades lie that an hour may count a second time. */
interface Doubt {
  first: Cursor;
  last: Cursor;
}

/**
 * Hours in which a room may count a trade twice: one came that the room does not remember, and that is old enough to have been
 * forgotten. Postgres alone knows whether it is a repeat (SPEC I-7), once it has it.
 */
export class DoubtfulHours {
  readonly #sql: SqlPort;
  readonly #log: Pick<FoldedLog, "id" | "head">;
  /** Null until somebody asks. */
  #known: Map<EpochUs, Doubt> | null = null;

  constructor(sql: SqlPort, log: Pick<FoldedLog, "id" | "head">) {
    this.#sql = sql;
    this.#log = log;
  }

  /** Trades in the frames up to the head, the newest of all, are in doubt. Written down in the turn of whoever appends them. */
  note(hoursUs: Iterable<EpochUs>): void {
    const { head } = this.#log;
    const hours = this.#hours();
    const known = hours.size;
    for (const hourUs of hoursUs) {
      hours.set(hourUs, { first: hours.get(hourUs)?.first ?? head, last: head });
    }
    if (hours.size === known) return;
    for (const hourUs of [...hours.keys()].sort((a, b) => b - a).slice(MOST_HOURS)) {
      hours.delete(hourUs);
    }
    this.#save(hours);
  }

  /** Hours of which Postgres, that has everything up to `storedThrough`, can tell something. */
  due(storedThrough: Cursor): EpochUs[] {
    return [...this.#hours()].filter(([, { first }]) => first <= storedThrough).map(([us]) => us);
  }

  /** These are right as far as trades up to `storedThrough` go. */
  settled(hoursUs: readonly EpochUs[], storedThrough: Cursor): void {
    const hours = this.#hours();
    for (const hourUs of hoursUs) {
      const doubt = hours.get(hourUs);
      if (doubt === undefined) continue;
      if (doubt.last <= storedThrough) hours.delete(hourUs);
      else doubt.first = (storedThrough + 1) as Cursor;
    }
    this.#save(hours);
  }

  #hours(): Map<EpochUs, Doubt> {
    if (this.#known !== null) return this.#known;
    const { id, head } = this.#log;
    const [row] =
      id === null ? [] : this.#sql.exec("SELECT hours FROM doubtful_hours WHERE room = ?", id);
    // Where in the log the trades lie was not written down: nowhere behind its head.
    const hours = row === undefined ? [] : (JSON.parse(textOf(row["hours"])) as EpochUs[]);
    this.#known = new Map(hours.map((hourUs) => [hourUs, { first: head, last: head }]));
    return this.#known;
  }

  #save(hours: ReadonlyMap<EpochUs, Doubt>): void {
    const { id } = this.#log;
    if (id === null) return;
    if (hours.size === 0) this.#sql.exec("DELETE FROM doubtful_hours WHERE room = ?", id);
    else {
      this.#sql.exec(
        "INSERT OR REPLACE INTO doubtful_hours (room, hours) VALUES (?, ?)",
        ...[id, JSON.stringify([...hours.keys()])],
      );
    }
  }
}

/** The hours of trades in these frames that a life which ended with a trade at `lastUs` may have had. */
export function hoursOfRepeats(frames: Iterable<LogFrame>, lastUs: EpochUs): Set<EpochUs> {
  const hours = new Set<EpochUs>();
  for (const { text } of frames) {
    for (const event of decodeFrame(text)) {
      const mayRepeat = event.kind === "trade" && event.id !== undefined && event.ts <= lastUs;
      if (mayRepeat) hours.add(bucketStartUs(event.ts, "1h"));
    }
  }
  return hours;
}
