import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** A file that can be read more than once. */
export type SeekableFile = { path: string; remove: () => void };

/** The file itself, or a copy of what comes through a pipe (`-` is the standard input), which `remove` takes away again. */
export async function seekableFile(file: string, signal: AbortSignal): Promise<SeekableFile> {
  if (file !== "-" && statSync(file).isFile()) return { path: file, remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "edgetape-import-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const path = join(folder, "copy");
  try {
    const source = file === "-" ? process.stdin : createReadStream(file);
    await pipeline(source, createWriteStream(path), { signal });
    return { path, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
