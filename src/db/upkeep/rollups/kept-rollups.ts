import type { EpochUs } from "../../../protocol/time.ts";
import type { Database } from "../../driver/database.ts";
import { LOCK_STATE, MOVE_PACKED_THROUGH, PACK_NEXT } from "./pack-points.ts";
import { refreshPoints } from "./refresh-points.ts";
import { REFRESH_POSTED } from "./refresh-imported.ts";
import { refreshTrades } from "./refresh-trades.ts";
import { notePostedOfRange, rollForward, SET_ROLLED_THROUGH } from "./roll-forward.ts";
import type { Rollups } from "./rollups.ts";

/** Any fixed number that no other program uses: one Keeper at a time, or an older snapshot could overwrite a newer. */
const LOCK = { text: "select pg_advisory_xact_lock(7305814126390514693)", params: [] };

/** Runs a statement that makes stale hours anew. @returns how many it took. */
export async function refresh(db: Database, text: string, mostNotes: number): Promise<number> {
  const [, [row] = []] = await db.transaction([LOCK, { text, params: [mostNotes] }]);
  return Number(row?.["taken"]);
}

/** Rollup tables that the Keeper fills, for `plain` and `apache`. */
export function keptRollups(db: Database): Rollups {
  return {
    async rollForward(fromUs: EpochUs, toUs: EpochUs): Promise<void> {
      await db.transaction([
        LOCK,
        ...rollForward(fromUs, toUs),
        notePostedOfRange(fromUs, toUs),
        { text: SET_ROLLED_THROUGH, params: [toUs] },
      ]);
    },
    refreshPoints: (mostNotes) => refresh(db, refreshPoints("all"), mostNotes),
    refreshTrades: (mostNotes) => refresh(db, refreshTrades("all"), mostNotes),
    refreshPosted: (mostNotes) => refresh(db, REFRESH_POSTED, mostNotes),
    pack: (mostSeries) => pack(db, mostSeries),
  };
}

async function pack(db: Database, mostSeries: number): Promise<number> {
  const [, [row] = []] = await db.transaction([LOCK, { text: PACK_NEXT, params: [mostSeries] }]);
  const us = (name: string) => Number(row?.[name]);
  if (us("through_us") > us("packed_through_us")) {
    await db.transaction([
      LOCK,
      { text: LOCK_STATE, params: [] },
      { text: MOVE_PACKED_THROUGH, params: [us("through_us")] },
    ]);
  }
  return us("packed");
}
