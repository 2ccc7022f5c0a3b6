import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FIRST_RUNTIME } from "../../src/core/placement/ownership.ts";

const NAME = /^objects(?:-([1-9]\d*))?$/;

/** Folder of the SQLite files of a runtime's Durable Objects: never that of another one too. */
export function objectFolder(dataDir: string, runtime: number): string {
  return join(dataDir, runtime === FIRST_RUNTIME ? "objects" : `objects-${runtime}`);
}

/** Numbers of the runtimes that have such a folder, of this start or another one. */
export function runtimesWithFolders(dataDir: string): number[] {
  const found = readdirSync(dataDir).map((name) => NAME.exec(name));
  return found
    .filter((match) => match !== null)
    .map(([, number]) => Number(number ?? FIRST_RUNTIME));
}
