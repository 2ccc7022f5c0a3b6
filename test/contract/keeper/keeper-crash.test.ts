import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/db/driver/database.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { Rollups } from "../../../src/db/upkeep/rollups/rollups.ts";
import { rollupsOf } from "../../../src/db/upkeep/rollups/rollups-of.ts";
import { advanceWatermark, readTapeState } from "../../../src/db/upkeep/tape-state.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { testDatabaseKinds } from "../databases.ts";
import { frame, freshSymbol, metric, trade } from "../events.ts";
import { type KeptDatabase, keepDatabase, rollForward } from "../kept-database.ts";
import { differencesFromScratch } from "./rollups-from-scratch.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;

/** More calls than any step makes. */
const MOST_CALLS = 20;

describe.each(testDatabaseKinds())(
  "a Keeper that ends in the middle on $name",
  ({ openMigrated }) => {
    let database: KeptDatabase;
    const ids = new SeriesIdCache();
    beforeAll(async () => {
      database = await keepDatabase(await openMigrated());
    });
    afterAll(() => database.close());

    /** The rollups of a Keeper whose database is gone after so many calls. */
    function endingAfter(calls: number): Rollups {
      let left = calls;
      const counted = <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error("ended")) : call();
      };
      const { db } = database;
      const ending: Database = {
        query: (...call) => counted(() => db.query(...call)),
        transaction: (...call) => counted(() => db.transaction(...call)),
      };
      return rollupsOf(database.mode, ending);
    }

    const steps = {
      points: (rollups: Rollups) => rollups.refreshPoints(1),
      trades: (rollups: Rollups) => rollups.refreshTrades(1),
      forward: async (rollups: Rollups) => {
        const { watermarkUs: beforeUs } = await readTapeState(database.db);
        const throughUs = (beforeUs + 90 * MINUTE) as EpochUs;
        const state = await advanceWatermark(database.db, throughUs, 90 * MINUTE);
        const { rolledThroughUs, watermarkUs } = state;
        await rollForward(rollups, rolledThroughUs, watermarkUs);
      },
    };

    it.each(["points", "trades", "forward"] as const)(
      "INV-7 after any call of a step of %s: the next one makes all of it right, though newer hours come first",
      async (step) => {
        for (let calls = 0; calls <= MOST_CALLS; calls += 1) {
          const symbol = freshSymbol();
          const baseUs = await database.begin();
          const [old, newer] = [baseUs - 30 * HOUR, baseUs - 3 * HOUR];
          const store = (cursor: number, ts: number) =>
            storeFrames(
              database.db,
              [{ symbol, frames: [frame(cursor, metric("m", ts, cursor), trade(ts, cursor, 1))] }],
              ids,
            );
          await store(1, old);
          await database.keep();
          await store(2, old + MINUTE);
          const outcome = await steps[step](endingAfter(calls)).then(
            () => "whole",
            () => "ended",
          );
          await store(3, newer);
          await database.rollups.refreshPoints(1);
          await database.rollups.refreshTrades(1);
          expect(await database.keep()).toBe("up_to_date");
          expect({ calls, wrong: await differencesFromScratch(database.db, symbol) }).toEqual({
            calls,
            wrong: [],
          });
          if (outcome === "whole") return;
        }
        throw new Error("a step of more calls than any has");
      },
    );
  },
);
