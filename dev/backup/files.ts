import { constants, type Dirent, existsSync, statSync } from "node:fs";
import { chmod, copyFile, mkdir, open, readdir, realpath, stat, statfs } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";

const SYNCED_AT_ONCE = 16;

/** Nothing of ours lies so deep: a link leads back to where it is. */
const MAX_DEPTH = 40;

/**
 * Every file below a folder, as a path from there; what an operator has moved to another disk behind a symbolic link too. What goes
 * while we look is left out.
 *
 * @throws {Error} in words, where links lead in a circle.
 */
export async function* filesBelow(folder: string, path = "", depth = 0): AsyncGenerator<string> {
  if (depth > MAX_DEPTH) throw new Error(`${join(folder, path)}: its links lead in a circle`);
  let entries: Dirent[];
  try {
    entries = await readdir(join(folder, path), { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  for (const entry of entries) {
    const inside = path === "" ? entry.name : `${path}/${entry.name}`;
    const found = entry.isSymbolicLink()
      ? await stat(join(folder, inside)).catch(() => undefined)
      : entry;
    if (found?.isDirectory()) yield* filesBelow(folder, inside, depth + 1);
    else if (found?.isFile()) yield inside;
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

/**
 * Files that are opened here may have to be made, and must be those of whom the folder belongs to, or a product would not open them.
 *
 * @throws {Error} in words, where the folder is there and another user's.
 */
export function mustBelongToUs(folder: string): void {
  const owner = existsSync(folder) ? statSync(folder).uid : undefined;
  const own = process.getuid?.();
  if (owner === undefined || own === undefined || owner === own) return;
  throw new Error(
    `${folder} belongs to the user ${owner}, and this is ${own}: run it as that user, as with sudo -u`,
  );
}

/**
 * Neither lies in the other, whatever links lead to them: one would be copied into itself, or be removed with the other.
 *
 * @throws {Error} in words.
 */
export async function mustLieApart(dataDir: string, backup: string): Promise<void> {
  const [data, other] = [await realPath(dataDir), await realPath(backup)];
  if (isWithin(data, other)) {
    throw new Error(
      `${backup} lies in the data folder ${dataDir}, with which it would be lost: name a folder outside of it`,
    );
  }
  if (isWithin(other, data)) {
    throw new Error(`the data folder ${dataDir} lies in ${backup}: name a folder outside of it`);
  }
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Of what is not there yet the place where it will be. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isGone(error) || dirname(path) === path) throw error;
    return join(await realPath(dirname(path)), basename(path));
  }
}

/** @throws {Error} in words, where the disk of a folder has not so many bytes left. */
export async function mustFit(folder: string, bytes: number, of: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw new Error(
    `${folder} has ${megabytes(bavail * bsize)} free, and ${of} takes ${megabytes(bytes)}: make room, or name a folder on another disk`,
  );
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
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
