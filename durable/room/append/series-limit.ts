import { numberOf, type SqlPort } from "../sql-port.ts";

export interface SeriesLimitDeps {
  sql: SqlPort;
  /** 0: no limit, and nothing is kept. */
  limit: number;
  /** Series of a room that is older than this list of them, each as its hash. */
  known: () => Iterable<number>;
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

  /** Would the room have too many with these, and those already in `taken`, of which one of them is new? */
  isBeyond(hashes: readonly number[] | undefined, taken: ReadonlySet<number>): boolean {
    const { limit } = this.#deps;
    if (limit === 0 || hashes === undefined) return false;
    const kept = this.#open();
    let fresh = 0;
    for (const hash of hashes) if (!kept.has(hash) && !taken.has(hash)) fresh += 1;
    return fresh > 0 && kept.size + taken.size + fresh > limit;
  }

  /** Those of `hashes` that are new, into `taken`. */
  gather(hashes: readonly number[] | undefined, taken: Set<number>): void {
    if (this.#deps.limit === 0 || hashes === undefined) return;
    const kept = this.#open();
    for (const hash of hashes) if (!kept.has(hash)) taken.add(hash);
  }

  /** Keeps series that are new. */
  keep(hashes: ReadonlySet<number>): void {
    if (this.#deps.limit === 0 || hashes.size === 0) return;
    const kept = this.#open();
    for (const hash of hashes) kept.add(hash);
    this.#deps.sql.exec(
      "INSERT OR IGNORE INTO series (hash) SELECT value FROM json_each(?)",
      JSON.stringify([...hashes]),
    );
  }

  #open(): Set<number> {
    if (this.#kept !== null) return this.#kept;
    const { sql, known } = this.#deps;
    const isNew = [...sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'series'")].length === 0;
    this.#kept = new Set();
    if (isNew) {
      sql.exec("CREATE TABLE series (hash INTEGER PRIMARY KEY)");
      this.keep(new Set(known()));
    } else {
      for (const row of sql.exec("SELECT hash FROM series")) this.#kept.add(numberOf(row["hash"]));
    }
    return this.#kept;
  }
}
