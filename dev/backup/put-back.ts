import { existsSync, readdirSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "../data-folder/durable-file.ts";
import { copyIfThere, filesBelow, mustFit, mustLieApart, sizeOf, syncAll } from "./files.ts";
import { examineFile, forgetStored, isHostFile } from "./host-file.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { restoreDraft } from "./restore-draft.ts";
import { DATA } from "./take-backup.ts";

/** What the lock of the folder leaves there. */
const LOCK = /^lock\.json/;

/**
 * Makes a data folder out of a backup. Its hosts know of nothing that it is stored: they send what they have to the database again,
 * which changes nothing of what it has. Broken off anywhere, the folder does not start, and the next call begins anew.
 *
 * @param dataDir an empty folder, which the caller holds the lock of.
 * @throws {Error} in words.
 */
export async function putBack(backup: string, dataDir: string): Promise<Manifest> {
  await mustLieApart(dataDir, backup);
  const manifest = readManifest(backup);
  const { files, bytes } = await sizeOf(join(backup, DATA));
  if (files !== manifest.files || bytes !== manifest.bytes) {
    throw new Error(
      `${backup} is not whole: it has ${files} files of ${bytes} bytes, and had ${manifest.files} of ${manifest.bytes}`,
    );
  }
  const draft = restoreDraft(dataDir);
  const found = readdirSync(dataDir).filter((name) => !LOCK.test(name));
  if (found.length > 0 && !existsSync(draft)) {
    throw new Error(
      `${dataDir} is not empty: a backup is put into an empty folder alone. Name another one by DATA_DIR, or move away what is there`,
    );
  }
  for (const name of found) await rm(join(dataDir, name), { recursive: true });
  await mustFit(dataDir, bytes, backup);
  await mkdir(draft, { mode: 0o700 });
  syncFolder(dataDir);
  for await (const path of filesBelow(join(backup, DATA))) {
    const to = join(draft, path);
    await copyIfThere(join(backup, DATA, path), to);
    if (path.endsWith(".sqlite")) examineFile(to);
    if (isHostFile(path)) forgetStored(to);
  }
  await makeEmptyFolders(join(backup, DATA), draft);
  await syncAll(draft);
  for (const name of readdirSync(draft)) await rename(join(draft, name), join(dataDir, name));
  syncFolder(dataDir);
  await rm(draft, { recursive: true });
  syncFolder(dataDir);
  return manifest;
}

/** A database has folders without a file that it does not start without. */
async function makeEmptyFolders(from: string, to: string): Promise<void> {
  const entries = readdirSync(from, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isDirectory())) {
    const path = join(entry.parentPath, entry.name).slice(from.length);
    await mkdir(join(to, path), { recursive: true, mode: 0o700 });
  }
}
