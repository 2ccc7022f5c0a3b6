import { RollupKeeping } from "../../durable/keeper/keep-rollups.ts";
import type { Database } from "../../src/db/database.ts";
import type { DatabaseMode } from "../../src/db/mode.ts";
import { rollupsOf } from "../../src/db/rollups/rollups-of.ts";
import { advanceWatermark } from "../../src/db/tape-state.ts";
import type { EpochUs } from "../../src/protocol/time.ts";
import { wait } from "../targets/target.ts";

/** As the Keeper's, in ms. */
const PAUSE_MS = 2;
/** A turn that never ends says so. */
const MOST_TURNS = 10_000;

/** Turns of the Keeper until rollups are up to date. @returns how long that took, in ms. */
export async function keepRollups(db: Database, mode: DatabaseMode): Promise<number> {
  const keeping = new RollupKeeping({
    rollups: rollupsOf(mode, db),
    advanceWatermark: (throughUs, mostUs) => advanceWatermark(db, throughUs, mostUs),
    nowUs: () => (Date.now() * 1_000) as EpochUs,
    pause: () => wait(PAUSE_MS),
  });
  const startMs = performance.now();
  for (let turns = 0; turns < MOST_TURNS; turns += 1) {
    if ((await keeping.turn()) === "up_to_date") return performance.now() - startMs;
  }
  throw new Error("rollups were never up to date");
}
