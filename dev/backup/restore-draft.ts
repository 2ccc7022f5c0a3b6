import { join } from "node:path";

/** Where a restore puts what it copies. As long as it is there the data folder is half of one. */
export function restoreDraft(dataDir: string): string {
  return join(dataDir, "restoring");
}
