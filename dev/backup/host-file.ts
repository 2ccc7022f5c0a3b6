import { DatabaseSync } from "node:sqlite";
import { HostLog } from "../../durable/host/log/host-log.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";
import { sqlOf } from "./sqlite-port.ts";

/** Files of hosts in a folder of Durable Objects. */
const HOST_FILE = /(?:^|\/)edgetape-Host\/[0-9a-f]{64}\.sqlite$/;

export function isHostFile(path: string): boolean {
  return HOST_FILE.test(path);
}

/** Where a host is with Postgres: all up to `stored` is there, and the log has all that is behind `dropped`. */
export interface Place {
  stored: Cursor;
  dropped: Cursor;
}

/** Looks at a host's file, which a runtime may have open. Null where it has no log yet. */
export function placeOf(path: string): Place | null {
  return withLog(path, true, ({ storedThrough, prunedThrough }) => ({
    stored: storedThrough,
    dropped: prunedThrough,
  }));
}

/** Nothing of what the log holds is taken to be in Postgres any more: the host sends all of it again. No runtime may have it open. */
export function forgetStored(path: string): void {
  withLog(path, false, (log) => log.storeAgain());
}

function withLog<Result>(
  path: string,
  readOnly: boolean,
  use: (log: HostLog) => Result,
): Result | null {
  const database = new DatabaseSync(path, { readOnly, timeout: 5_000 });
  try {
    const sql = sqlOf(database);
    const [meta] = sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'meta'");
    if (meta === undefined) return null;
    const [id] = sql.exec("SELECT 1 FROM meta WHERE key = 'newest_generation'");
    if (id === undefined) return null;
    const nowUs = (Date.now() * 1_000) as EpochUs;
    return use(new HostLog(sql, nowUs, () => crypto.randomUUID()));
  } finally {
    database.close();
  }
}

/** Throws where SQLite finds the file to be damaged. */
export function examineFile(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database.prepare("PRAGMA quick_check(1)").all();
    const [said] = Object.values(rows[0] ?? {});
    if (said !== "ok") throw new Error(`${path} is damaged: ${String(said)}`);
  } finally {
    database.close();
  }
}
