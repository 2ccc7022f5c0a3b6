import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/time.ts";
import type { RoomLog } from "../log/log.ts";
import type { SqlPort } from "../sql-port.ts";

/** What a room holds for a database that has taken the place of another one. */
export interface Resend {
  /** What the log has is stored again. */
  resends: boolean;
  /** Up to here the other database alone had what was; null where the log reaches back to the beginning. */
  lostThrough: Cursor | null;
}

/**
 * In which database that is, which a room knows to be stored (SPEC S-8). Where another one answers in its place, everything
 * that the log still holds goes there once more; storing is idempotent, so it does no harm where it is there.
 */
export class StoredWhere {
  readonly #sql: SqlPort;
  readonly #log: RoomLog;
  #identity: string | null;

  constructor(sql: SqlPort, log: RoomLog) {
    this.#sql = sql;
    this.#log = log;
    this.#identity = this.#read("database");
  }

  /** A database has said who it is. True where it is not the one of before: the outbox begins anew. */
  hear(identity: string): boolean {
    if (this.#identity === identity) return false;
    const isOther = this.#identity !== null;
    this.#identity = identity;
    this.#write("database", identity);
    if (!isOther) return false;
    this.#log.storeAgain();
    const { prunedThrough } = this.#log;
    this.#write("resent_to", identity);
    this.#write("lost_through", prunedThrough === CURSOR_ORIGIN ? null : prunedThrough);
    return true;
  }

  /** What became of it for the database of this identity. */
  resendTo(identity: string): Resend {
    if (this.#read("resent_to") !== identity) return { resends: false, lostThrough: null };
    return { resends: true, lostThrough: this.#read("lost_through") };
  }

  #read<Value>(key: string): Value | null {
    const [row] = this.#sql.exec("SELECT value FROM meta WHERE key = ?", key);
    return (row?.["value"] ?? null) as Value | null;
  }

  #write(key: string, value: string | number | null): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
  }
}
