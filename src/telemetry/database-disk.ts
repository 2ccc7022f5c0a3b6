import type { StoreOutcome } from "../bindings/writer.ts";

let fullSinceMs: number | null = null;

/** What Writers have last said of the database's disk to the hosts of this isolate; on one machine those are all of its hosts. */
export const databaseDisk = {
  /** What became of something that was to be stored. */
  heard(outcome: StoreOutcome, nowMs: number): void {
    if (outcome.kind === "stored" || outcome.kind === "partly") fullSinceMs = null;
    else if (outcome.kind === "unavailable" && outcome.isDiskFull === true) fullSinceMs ??= nowMs;
  },
  /** When it was first said to be full, in ms since the epoch; null where it is not. */
  get fullSinceMs(): number | null {
    return fullSinceMs;
  },
};
