import { constants, type Dirent } from "node:fs";
import { chmod, copyFile, mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

const SYNCED_AT_ONCE = 16;

/** Every file below a folder, as a path from there. What goes while we look is left out. */
export async function* filesBelow(folder: string, path = ""): AsyncGenerator<string> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(folder, path), { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  for (const entry of entries) {
    const inside = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, inside);
    else if (entry.isFile()) yield inside;
  }
}

/** Copies a file. False where it has gone meanwhile. */
export async function copyIfThere(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
  // What a backup is made of may be read by its owner alone, and he may remove it.
  await chmod(to, 0o600);
  return true;
}

/** Has the disk keep all that is below a folder, and the names of it. Many at once cost little more than one. */
export async function syncAll(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = [folder, ...entries.map((entry) => join(entry.parentPath, entry.name))].values();
  const syncRest = async () => {
    for (const path of paths) {
      const file = await open(path, "r");
      await file.sync();
      await file.close();
    }
  };
  await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, syncRest));
}

/** How many files there are below a folder, and their bytes. */
export async function sizeOf(folder: string): Promise<{ files: number; bytes: number }> {
  const size = { files: 0, bytes: 0 };
  for await (const path of filesBelow(folder)) {
    const found = await stat(join(folder, path)).catch(() => undefined);
    if (found === undefined) continue;
    size.files += 1;
    size.bytes += found.size;
  }
  return size;
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
