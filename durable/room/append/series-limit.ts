import type { RoomId } from "../../host/log/host-log.ts";
import { numberOf, type SqlPort } from "../sql-port.ts";

const NONE: readonly number[] = [];

/** Creates what the rooms of a host keep of their series; safe to run at every wake. */
export function createSeriesTable(sql: SqlPort): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS series (room INTEGER NOT NULL, hash INTEGER NOT NULL, PRIMARY KEY (room, hash)) WITHOUT ROWID",
  );
}

/** Series of one statement: a parameter has 2 MB at the most, and a room with a hash 26 bytes. */
const WRITTEN_AT_ONCE = 50_000;

/** Writes down series that rooms have got, in few statements: each is some 20 us whatever it writes. */
export function writeSeries(
  sql: SqlPort,
  series: Iterable<readonly [room: RoomId, hashes: ReadonlySet<number>]>,
): void {
  const pairs: [RoomId, number][] = [];
  for (const [room, hashes] of series) for (const hash of hashes) pairs.push([room, hash]);
  for (let at = 0; at < pairs.length; at += WRITTEN_AT_ONCE) {
    sql.exec(
      "INSERT OR IGNORE INTO series (room, hash) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
      JSON.stringify(pairs.slice(at, at + WRITTEN_AT_ONCE)),
    );
  }
}

/**
 * The series of a room, each as its hash, so that a label with ever new values is found out before Postgres holds a million of
 * them (SPEC L-22). Written down in the commit that takes their first points.
 */
export class SeriesLimit {
  readonly #sql: SqlPort;
  readonly #limit: number;
  readonly #room: { readonly id: RoomId | null };
  #kept: Set<number> | null = null;

  /** `limit` 0: none, and nothing is kept. `room`: its id is null while nobody has pushed to it. */
  constructor(sql: SqlPort, limit: number, room: { readonly id: RoomId | null }) {
    this.#sql = sql;
    this.#limit = limit;
    this.#room = room;
  }

  /** Those of `hashes` that would be too many beside what the room has and `taken`: all that are new, or none. */
  beyond(hashes: readonly number[], taken: ReadonlySet<number>): readonly number[] {
    if (this.#limit === 0) return NONE;
    const kept = this.#open();
    // Most batches bring nothing new.
    if (hashes.every((hash) => kept.has(hash))) return NONE;
    const fresh = hashes.filter((hash) => !kept.has(hash) && !taken.has(hash));
    return kept.size + taken.size + fresh.length > this.#limit ? fresh : NONE;
  }

  /** Those of `hashes` that are new, into `taken`. */
  gather(hashes: readonly number[] | undefined, taken: Set<number>): void {
    if (this.#limit === 0 || hashes === undefined) return;
    const kept = this.#open();
    for (const hash of hashes) if (!kept.has(hash)) taken.add(hash);
  }

  /** The room has these from now on. It is for whoever commits to write them down. */
  add(hashes: ReadonlySet<number>): void {
    if (this.#limit === 0 || hashes.size === 0) return;
    const kept = this.#open();
    for (const hash of hashes) kept.add(hash);
  }

  /** The same of one room alone, written down at once. */
  keep(hashes: ReadonlySet<number>): void {
    const { id } = this.#room;
    if (this.#limit === 0 || id === null) return;
    this.add(hashes);
    writeSeries(this.#sql, [[id, hashes]]);
  }

  #open(): Set<number> {
    if (this.#kept !== null) return this.#kept;
    const kept = new Set<number>();
    this.#kept = kept;
    const { id } = this.#room;
    if (id === null) return kept;
    for (const row of this.#sql.exec("SELECT hash FROM series WHERE room = ?", id)) {
      kept.add(numberOf(row["hash"]));
    }
    return kept;
  }
}
