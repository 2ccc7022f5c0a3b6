import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { objectFolder, runtimesWithFolders } from "../runtimes/object-folders.ts";
import { filesBelow } from "./files.ts";
import { isHostFile, type Place, placeOf } from "./host-file.ts";

/** More than any file has: one step is one transaction, and nobody who writes meanwhile makes it begin anew. */
const ALL_PAGES = 2 ** 31 - 1;

/** Files of Durable Objects of all runtimes, from the data folder on. */
async function objectFiles(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const runtime of runtimesWithFolders(dataDir)) {
    const folder = objectFolder(dataDir, runtime);
    for await (const path of filesBelow(folder)) {
      if (path.endsWith(".sqlite")) found.push(`${folder.slice(dataDir.length + 1)}/${path}`);
    }
  }
  return found;
}

/** Copies each as of one moment, while runtimes have them open. */
export async function copyObjects(dataDir: string, to: string): Promise<void> {
  for (const path of await objectFiles(dataDir)) {
    await mkdir(dirname(join(to, path)), { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(join(dataDir, path), { readOnly: true, timeout: 5_000 });
    try {
      await backup(database, join(to, path), { rate: ALL_PAGES });
    } finally {
      database.close();
    }
  }
}

/** Where each host is with Postgres. */
export async function placesOf(dataDir: string): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  for (const path of (await objectFiles(dataDir)).filter(isHostFile)) {
    const place = placeOf(join(dataDir, path));
    if (place !== null) places.set(path, place);
  }
  return places;
}
