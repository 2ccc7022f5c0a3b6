import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The path of a unix socket has 107 bytes at most (unix(7)), on macOS 103. */
const MOST_PATH_BYTES = 103;

/** Where unix sockets are. Only its owner may enter: that is all that is asked of who connects. */
export type SocketFolder = { path: string; remove(): void };

/** The folder `path`, or one in the system's temporary folder where names of so many bytes would make its paths too long. */
export function privateFolder(path: string, nameBytes: number): SocketFolder {
  if (Buffer.byteLength(path) + 1 + nameBytes <= MOST_PATH_BYTES) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
    return { path, remove: () => undefined };
  }
  const short = mkdtempSync(join(tmpdir(), "edgetape-socket-"));
  return { path: short, remove: () => rmSync(short, { recursive: true, force: true }) };
}
