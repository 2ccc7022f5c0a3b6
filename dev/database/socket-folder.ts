import { rmSync } from "node:fs";
import { join } from "node:path";
import { privateFolder, type SocketFolder } from "../data-folder/socket-folder.ts";

/** `.s.PGSQL.5432` */
const NAME_BYTES = 14;

/** Where the socket of the embedded server is: `DATA_DIR/run`, where that path is not too long. */
export function socketFolder(dataDir: string): SocketFolder {
  return privateFolder(join(dataDir, "run"), NAME_BYTES);
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
