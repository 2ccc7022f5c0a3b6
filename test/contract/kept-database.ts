import { RollupKeeping } from "../../durable/keeper/keep-rollups.ts";
import type { DatabaseMode } from "../../src/db/driver/mode.ts";
import { ping } from "../../src/db/upkeep/ping.ts";
import { retain } from "../../src/db/upkeep/retention.ts";
import type { Rollups } from "../../src/db/upkeep/rollups/rollups.ts";
import { rollupsOf } from "../../src/db/upkeep/rollups/rollups-of.ts";
import { advanceWatermark, readTapeState } from "../../src/db/upkeep/tape-state.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";
import type { TestDatabase } from "./databases.ts";

const MINUTE_US = 60_000_000;
const DAY_US = 1_440 * MINUTE_US;

/** A database with somebody who keeps it, at a time of the test's own. */
export interface KeptDatabase extends TestDatabase {
  mode: DatabaseMode;
  rollups: Rollups;
  clock: { nowUs: EpochUs };
  /** A whole turn of the Keeper. */
  keep(): Promise<"up_to_date" | "behind">;
  /** Part of a turn: the clock goes on, the watermark follows, and at most so many notes of a kind are taken. */
  keepSomewhat(minutes: number, mostNotes: number): Promise<void>;
  /** Puts the clock two minutes after the watermark. @returns the watermark. */
  begin(): Promise<EpochUs>;
}

export async function keepDatabase(database: TestDatabase): Promise<KeptDatabase> {
  const { db } = database;
  const { mode } = await ping(db);
  const rollups = rollupsOf(mode, db);
  const clock = { nowUs: 0 as EpochUs };
  const keeping = new RollupKeeping({
    rollups,
    advanceWatermark: (throughUs, mostUs) => advanceWatermark(db, throughUs, mostUs),
    nowUs: () => clock.nowUs,
    pause: async () => undefined,
  });
  const begin = async () => {
    const { watermarkUs } = await readTapeState(db);
    clock.nowUs = (watermarkUs + 2 * MINUTE_US) as EpochUs;
    return watermarkUs;
  };
  await begin();
  const keepSomewhat = async (minutes: number, mostNotes: number) => {
    clock.nowUs = (clock.nowUs + minutes * MINUTE_US) as EpochUs;
    const throughUs = (clock.nowUs - MINUTE_US) as EpochUs;
    const state = await advanceWatermark(db, throughUs, DAY_US);
    if (minutes % 2 === 0 && state.rolledThroughUs < state.watermarkUs) {
      await rollForward(rollups, state.rolledThroughUs, state.watermarkUs);
    }
    await rollups.refreshPoints(mostNotes);
    await rollups.refreshTrades(mostNotes);
    await rollups.refreshImported(mostNotes);
    await rollups.pack(mostNotes);
    // Where whole days are packed their rows go.
    if (minutes % 3 === 0) await retain(db, clock.nowUs, { rawDays: 0, minutesDays: 0 });
  };
  return { ...database, mode, rollups, clock, keep: () => keeping.turn(), keepSomewhat, begin };
}

/** All that the Keeper does of a range whose watermark has moved on. */
export async function rollForward(
  rollups: Rollups,
  fromUs: EpochUs,
  toUs: EpochUs,
  most = 1_000,
): Promise<void> {
  // As the Keeper does: not every kind of database says of what it has made whether that is anything, and 500 days are
  // 24,000 refreshes of empty hours, which take longer than a test may.
  const isEmpty = (await rollups.firstEvent(fromUs, toUs)) === null;
  await rollups.rollMinutes(fromUs, toUs);
  for (const [lengthUs, roll] of [
    [60 * MINUTE_US, rollups.rollHour],
    [DAY_US, rollups.rollDay],
  ] as const) {
    const startUs = Math.floor(fromUs / lengthUs) * lengthUs;
    for (let us = startUs; us + lengthUs <= toUs; us += lengthUs) {
      if (isEmpty && us >= fromUs) break;
      while ((await roll(us as EpochUs, most)) > 0);
    }
  }
  await rollups.moveOn(fromUs, toUs);
}
