import { nextSize, RollupKeeping } from "../../durable/keeper/keep-rollups.ts";
import type { Database } from "../../src/db/driver/database.ts";
import type { DatabaseMode } from "../../src/db/driver/mode.ts";
import { retain } from "../../src/db/upkeep/retention.ts";
import { rollupsOf } from "../../src/db/upkeep/rollups/rollups-of.ts";
import { advanceWatermark } from "../../src/db/upkeep/tape-state.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";
import { wait } from "../targets/target.ts";

/** As the Keeper's, in ms. */
const PAUSE_MS = 2;
/** A turn that never ends says so. */
const MOST_TURNS = 100_000;
/** Whose hours are packed in a step. */
const MOST_SERIES = 256;

/** Turns of the Keeper until rollups are up to date. @returns how long that took, in ms. */
export async function keepRollups(db: Database, mode: DatabaseMode): Promise<number> {
  const keeping = new RollupKeeping({
    // Packing has its own turn, to be measured alone.
    rollups: { ...rollupsOf(mode, db), pack: async () => 0 },
    advanceWatermark: (throughUs, mostUs) => advanceWatermark(db, throughUs, mostUs),
    nowUs,
    pause: () => wait(PAUSE_MS),
  });
  return await untilDone(async () => (await keeping.turn()) === "up_to_date");
}

/** Packs all that can be packed, and drops the rows of it. @returns how long that took, in ms; undefined where nothing is. */
export async function packPoints(db: Database, mode: DatabaseMode): Promise<number | undefined> {
  if (mode === "timescale") return undefined;
  const rollups = rollupsOf(mode, db);
  let size = 8;
  const tookMs = await untilDone(async () => {
    const beganUs = nowUs();
    const packed = await rollups.pack(size);
    size = nextSize(size, (nowUs() - beganUs) / 1_000, MOST_SERIES);
    if (packed > 0) await wait(PAUSE_MS);
    return packed === 0;
  });
  await retain(db, nowUs(), { rawDays: 0, minutesDays: 0 });
  return tookMs;
}

const nowUs = () => (Date.now() * 1_000) as EpochUs;

async function untilDone(turn: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  for (let turns = 0; turns < MOST_TURNS; turns += 1) {
    if (await turn()) return performance.now() - startMs;
  }
  throw new Error("the Keeper was never done");
}
