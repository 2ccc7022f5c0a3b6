import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const DRAFT = /^\..+\.partial-(\d+)$/;

/** Where the process `pid` makes the backup `target`, until it is whole. */
export function draftOf(target: string, pid: number): string {
  return join(dirname(target), `.${basename(target)}.partial-${pid}`);
}

export interface AbandonedDeps {
  /** Of this process, which has made none yet: one of its number is of a process of before. */
  pid: number;
  isRunning: (pid: number) => boolean;
}

/**
 * Removes what backups that were killed have left in `folder`, secrets among it, and gives their paths. Another user's, and what only has
 * such a name, stays.
 */
export async function removeAbandoned(
  folder: string,
  { pid: ownPid, isRunning }: AbandonedDeps,
): Promise<string[]> {
  const removed: string[] = [];
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const pid = Number(DRAFT.exec(name)?.[1]);
    if (Number.isNaN(pid) || (pid !== ownPid && isRunning(pid))) continue;
    const draft = join(folder, name);
    const data = await stat(join(draft, "data")).catch(() => undefined);
    if (!data?.isDirectory() || data.uid !== process.getuid?.()) continue;
    await rm(draft, { recursive: true, force: true });
    removed.push(draft);
  }
  return removed;
}
