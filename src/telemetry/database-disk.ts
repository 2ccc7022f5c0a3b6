let fullSinceMs: number | null = null;

/** What the Writers of this isolate have last heard of the database's disk; on one machine that is all of them. */
export const databaseDisk = {
  /** A store was refused because the disk is full. */
  filled(nowMs: number): void {
    fullSinceMs ??= nowMs;
  },
  stored(): void {
    fullSinceMs = null;
  },
  /** When it was first said to be full, in ms since the epoch; null where it is not. */
  get fullSinceMs(): number | null {
    return fullSinceMs;
  },
};
