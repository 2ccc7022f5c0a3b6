import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const INITDB = fileURLToPath(new URL("./initdb.ts", import.meta.url).href);

/**
 * Makes the folder of an embedded database where there is none. In a process of its own, for there the quick compiler of
 * V8 alone will do: initdb runs once and is over before optimised code would pay, which takes nearly half of its
 * processor time (9.0 against 5.3 s). And under another name until it is whole, so that a kill leaves no half of one.
 *
 * @throws where initdb fails, with what it said.
 */
export async function makeCluster(folder: string): Promise<void> {
  if (existsSync(join(folder, "PG_VERSION"))) return;
  const parent = dirname(folder);
  const prefix = `${basename(folder)}.new-`;
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(parent).filter((each) => each.startsWith(prefix))) {
    rmSync(join(parent, name), { recursive: true, force: true });
  }
  const fresh = join(parent, `${prefix}${process.pid}`);
  mkdirSync(fresh, { mode: 0o700 });
  await promisify(execFile)(process.execPath, ["--liftoff-only", INITDB, fresh]);
  renameSync(fresh, folder);
}
