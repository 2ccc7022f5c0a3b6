import type { Resend } from "../../../src/bindings/host.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { SqlPort } from "../../room/sql-port.ts";

export interface StoredWhereDeps {
  sql: SqlPort;
  /** All that the log holds is the outbox again. */
  storeAgain(): void;
  roomsHeld(): number;
  /** Up to here Postgres alone had what was; null where the host's log reaches back to the beginning of every room. */
  lostThrough(): Cursor | null;
}

/**
 * In which database that is, which a host knows to be stored (SPEC S-8). Where another one answers in its place, everything
 * that the log still holds goes there once more; storing is idempotent, so it does no harm where it is there.
 */
export class StoredWhere {
  readonly #deps: StoredWhereDeps;
  #identity: string | null;

  constructor(deps: StoredWhereDeps) {
    this.#deps = deps;
    deps.sql.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID");
    this.#identity = this.#read("database");
  }

  /** A database has said who it is. True where it is not the one of before: the outbox begins anew. */
  hear(identity: string): boolean {
    if (this.#identity === identity) return false;
    const isOther = this.#identity !== null;
    this.#identity = identity;
    this.#write("database", identity);
    if (!isOther) return false;
    const { storeAgain, roomsHeld, lostThrough } = this.#deps;
    storeAgain();
    this.#write("resent_to", identity);
    this.#write("resent_rooms", roomsHeld());
    this.#write("lost_through", lostThrough());
    return true;
  }

  /** What became of it for the database of this identity. */
  resendTo(identity: string): Resend {
    if (this.#read("resent_to") !== identity) return { rooms: 0, lostThrough: null };
    return { rooms: this.#read("resent_rooms") ?? 0, lostThrough: this.#read("lost_through") };
  }

  #read<Value>(key: string): Value | null {
    const [row] = this.#deps.sql.exec("SELECT value FROM meta WHERE key = ?", key);
    return (row?.["value"] ?? null) as Value | null;
  }

  #write(key: string, value: string | number | null): void {
    this.#deps.sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
  }
}
