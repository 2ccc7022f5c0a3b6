import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The path of a socket has 107 bytes at most (unix(7)), on macOS 103; the name of the file takes 15. */
const MOST_FOLDER_BYTES = 88;

/** Where the socket of the embedded server is. Only its owner may enter: that is all the server asks of a client. */
export type SocketFolder = { path: string; remove(): void };

/** `DATA_DIR/run`, or a folder in the system's temporary one where that path is too long. */
export function socketFolder(dataDir: string): SocketFolder {
  const path = join(dataDir, "run");
  if (Buffer.byteLength(path) <= MOST_FOLDER_BYTES) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return { path, remove: () => undefined };
  }
  const short = mkdtempSync(join(tmpdir(), "edgetape-socket-"));
  return { path: short, remove: () => rmSync(short, { recursive: true, force: true }) };
}

/** Takes away what a killed server left: the number in its lock may be another process's by now. */
export function removeSocket(folder: string): void {
  for (const name of [".s.PGSQL.5432", ".s.PGSQL.5432.lock"]) {
    rmSync(join(folder, name), { force: true });
  }
}

/** Address of the server whose socket is in the folder, as `pg` and `psql` understand it. */
export function urlOf(folder: string): string {
  return `postgres://edgetape@localhost/postgres?host=${encodeURIComponent(folder)}`;
}
