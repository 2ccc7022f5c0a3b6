import type { RoomId } from "../../host/log/host-log.ts";
import { numberOf, type SqlPort } from "../sql-port.ts";

export interface SeriesLimitDeps {
  sql: SqlPort;
  /** Null while nobody has pushed to the room. */
  room: () => RoomId | null;
  /** 0: no limit, and nothing is kept. */
  limit: number;
}

const NONE: readonly number[] = [];

/** Creates what the rooms of a host keep of their series; safe to run at every wake. */
export function createSeriesTable(sql: SqlPort): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS series (room INTEGER NOT NULL, hash INTEGER NOT NULL, PRIMARY KEY (room, hash)) WITHOUT ROWID",
  );
}

/**
 * The series of a room, each as its hash, so that a label with ever new values is found out before Postgres holds a million of
 * them (SPEC L-22). Written down in the commit that takes their first points.
 */
export class SeriesLimit {
  readonly #deps: SeriesLimitDeps;
  #kept: Set<number> | null = null;

  constructor(deps: SeriesLimitDeps) {
    this.#deps = deps;
  }

  /** Those of `hashes` that would be too many beside what the room has and `taken`: all that are new, or none. */
  beyond(hashes: readonly number[], taken: ReadonlySet<number>): readonly number[] {
    const { limit } = this.#deps;
    if (limit === 0) return NONE;
    const kept = this.#open();
    // Most batches bring nothing new.
    if (hashes.every((hash) => kept.has(hash))) return NONE;
    const fresh = hashes.filter((hash) => !kept.has(hash) && !taken.has(hash));
    return kept.size + taken.size + fresh.length > limit ? fresh : NONE;
  }

  /** Those of `hashes` that are new, into `taken`. */
  gather(hashes: readonly number[] | undefined, taken: Set<number>): void {
    if (this.#deps.limit === 0 || hashes === undefined) return;
    const kept = this.#open();
    for (const hash of hashes) if (!kept.has(hash)) taken.add(hash);
  }

  /** Keeps series that are new. */
  keep(hashes: ReadonlySet<number>): void {
    const room = this.#deps.room();
    if (this.#deps.limit === 0 || hashes.size === 0 || room === null) return;
    const kept = this.#open();
    for (const hash of hashes) kept.add(hash);
    this.#deps.sql.exec(
      "INSERT OR IGNORE INTO series (room, hash) SELECT ?, value FROM json_each(?)",
      ...[room, JSON.stringify([...hashes])],
    );
  }

  #open(): Set<number> {
    if (this.#kept !== null) return this.#kept;
    const { sql, room } = this.#deps;
    const kept = new Set<number>();
    this.#kept = kept;
    const id = room();
    if (id === null) return kept;
    for (const row of sql.exec("SELECT hash FROM series WHERE room = ?", id)) {
      kept.add(numberOf(row["hash"]));
    }
    return kept;
  }
}
