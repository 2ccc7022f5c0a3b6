import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../data-folder/durable-file.ts";
import { draftOf } from "./abandoned.ts";
import { copyObjects, placesOf } from "./copy-objects.ts";
import { copyIfThere, mustFit, mustLieApart, sizeOf, syncAll } from "./files.ts";
import type { Place } from "./host-file.ts";
import { type Manifest, manifestPath } from "./manifest.ts";

/** Of the data folder, beside its objects and its database. */
const SMALL_FILES = ["jwt.secret", "database.secret", "hosts-moved"];
/** What it is made of, in a backup. */
export const DATA = "data";

export interface BackupDeps {
  dataDir: string;
  /** The folder to be made. */
  target: string;
  database: {
    kind: Manifest["database"];
    /** Saves the database as of a moment after `look` was called. `draft`: the backup's folder for now. */
    save(draft: string, look: () => Promise<void>): Promise<void>;
  };
  version: string;
  now: () => Date;
}

/**
 * Copies a data folder that is in use: the database as of a moment, and then the hosts. So whatever was acknowledged before is in one
 * of the two: a host's log reaches back a long way over what is stored, which is looked at. A host that is put back takes nothing to be
 * stored (put-back.ts), and storing again changes nothing.
 *
 * @throws {Error} in words; nothing is left of the backup then.
 */
export async function takeBackup(deps: BackupDeps): Promise<Manifest> {
  const { dataDir, target, database, version, now } = deps;
  if (existsSync(target)) throw new Error(`${target} is there already: name a folder that is not`);
  await mustLieApart(dataDir, target);
  const folder = dirname(target);
  if (!existsSync(folder)) throw new Error(`${folder} is not there: make it, or name another one`);
  // Of a database apart its command knows how much it takes, and nobody how much of this folder is of one of before.
  if (database.kind === "here") await mustFit(folder, (await sizeOf(dataDir)).bytes, dataDir);
  const begunAt = now().toISOString();
  const draft = draftOf(target, process.pid);
  const data = join(draft, DATA);
  try {
    await mkdir(data, { recursive: true, mode: 0o700 });
    for (const name of SMALL_FILES) await copyIfThere(join(dataDir, name), join(data, name));
    let looked = { at: begunAt, places: new Map<string, Place>() };
    await database.save(draft, async () => {
      looked = { at: now().toISOString(), places: await placesOf(dataDir) };
    });
    await copyObjects(dataDir, data);
    mustReachBack(looked.places, await placesOf(data));
    const manifest: Manifest = {
      ...{ format: 1, edgetape: version, begunAt, endedAt: now().toISOString() },
      ...{ database: database.kind, databaseFrom: looked.at, ...(await sizeOf(data)) },
    };
    await writeFile(manifestPath(draft), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    await syncAll(draft);
    await rename(draft, target);
    syncFolder(dirname(target));
    return manifest;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** What was stored only after the database was saved must still be in the logs. */
function mustReachBack(before: Map<string, Place>, copied: Map<string, Place>): void {
  for (const [path, { dropped }] of copied) {
    const stored = before.get(path)?.stored;
    if (stored === undefined || dropped <= stored) continue;
    throw new Error(
      `a host dropped a part of its log while the database was saved, so events could be in neither (${path}). Nothing is wrong with it: so much came in. Run it again, at a quieter time or with a database that is saved faster, as by a snapshot`,
    );
  }
}

/** Of package.json. */
export function versionIn(projectDir: string): string {
  const text = readFileSync(join(projectDir, "package.json"), "utf8");
  return String((JSON.parse(text) as { version: unknown }).version);
}
