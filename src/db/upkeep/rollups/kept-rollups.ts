import type { EpochUs } from "../../../protocol/words/time.ts";
import { ask, askAll } from "../../driver/ask.ts";
import type { Database } from "../../driver/database.ts";
import { type Sql, sql } from "../../driver/sql.ts";
import { LOCK_STATE, movePackedThrough, packNext } from "./pack-points.ts";
import { refreshImported } from "./refresh-imported.ts";
import { refreshPoints } from "./refresh-points.ts";
import { refreshTrades } from "./refresh-trades.ts";
import {
  invalidateImportedOf,
  rollDay,
  rollHourOfPoints,
  rollHourOfTrades,
  rollMinutes,
  selectFirstEvent,
  setRolledThrough,
} from "./roll-forward.ts";
import type { Rollups } from "./rollups.ts";

/**
 * Any fixed number that no other program uses: one Keeper at a time, or an older snapshot could
 * overwrite a newer.
 */
const LOCK = sql`select pg_advisory_xact_lock(7305814126390514693)`;

/** Runs a statement that makes rollups. @returns how many it took. */
export async function refresh(db: Database, statement: Sql): Promise<number> {
  const [, [row] = []] = await askAll(db, [LOCK, statement]);
  return Number(row?.["taken"]);
}

/** As `Rollups` has it, in every mode. */
export async function readFirstEvent(
  db: Database,
  fromUs: EpochUs,
  toUs: EpochUs,
): Promise<EpochUs | null> {
  const [row] = await ask(db, selectFirstEvent(fromUs, toUs));
  const firstUs = row?.["first_us"];
  return firstUs == null ? null : (Number(firstUs) as EpochUs);
}

/** Rollup tables that the Keeper fills, for `plain` and `apache`. */
export function keptRollups(db: Database): Rollups {
  return {
    async rollMinutes(fromUs: EpochUs, toUs: EpochUs): Promise<"some" | "none"> {
      const [, ...made] = await askAll(db, [LOCK, ...rollMinutes(fromUs, toUs)]);
      return made.some(([row]) => Number(row?.["made"]) > 0) ? "some" : "none";
    },
    async rollHour(hourUs: EpochUs, most: number): Promise<number> {
      const points = await refresh(db, rollHourOfPoints(hourUs, most));
      return points > 0 ? points : refresh(db, rollHourOfTrades(hourUs, most));
    },
    rollDay: (dayUs: EpochUs, most: number) => refresh(db, rollDay(dayUs, most)),
    async moveOn(fromUs: EpochUs, toUs: EpochUs): Promise<void> {
      await askAll(db, [LOCK, invalidateImportedOf(fromUs, toUs), setRolledThrough(toUs)]);
    },
    firstEvent: (fromUs, toUs) => readFirstEvent(db, fromUs, toUs),
    refreshPoints: (mostInvalidations) => refresh(db, refreshPoints("all", mostInvalidations)),
    refreshTrades: (mostInvalidations) => refresh(db, refreshTrades("all", mostInvalidations)),
    refreshImported: (mostInvalidations) => refresh(db, refreshImported(mostInvalidations)),
    pack: (mostSeries) => pack(db, mostSeries),
  };
}

async function pack(db: Database, mostSeries: number): Promise<number> {
  const [, [row] = []] = await askAll(db, [LOCK, packNext(mostSeries)]);
  const us = (name: string) => Number(row?.[name]);
  if (us("through_us") > us("packed_through_us")) {
    await askAll(db, [LOCK, LOCK_STATE, movePackedThrough(us("through_us"))]);
  }
  return us("packed");
}
