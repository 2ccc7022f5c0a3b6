import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type FolderLockAnswer =
  | { kind: "locked"; release(): void }
  /** Another process has the folder. Its pid is absent while that process has not yet written it down. */
  | { kind: "busy"; pid: number | undefined };

/**
 * Takes the folder of the embedded database for this process: two processes on it would corrupt it.
 *
 * The lock is one of the operating system, on `<folder>.lock`, which SQLite holds for us because Node has no call for
 * it. It ends with the process however that ends, so there is no stale lock to judge, and no pid that means another
 * process by now, or one in another container. `<folder>.pid` is only for the message.
 */
export function lockFolder(folder: string, pid: number): FolderLockAnswer {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(`${folder}.lock`, { timeout: 0 });
  try {
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      return { kind: "busy", pid: readPid(`${folder}.pid`) };
    }
    throw error;
  }
  writeFileSync(`${folder}.pid`, `${pid}\n`);
  held.add(lock);
  const release = () => {
    held.delete(lock);
    lock.close();
  };
  return { kind: "locked", release };
}

/** A lock that nobody refers to would be closed, and so given up, by the garbage collector. */
const held = new Set<DatabaseSync>();

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

function readPid(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path, "utf8"), 10) || undefined;
  } catch {
    return undefined;
  }
}
