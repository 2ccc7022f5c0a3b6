import type { Database } from "../../../src/db/driver/database.ts";
import { failureOf } from "../../../src/db/driver/database-error.ts";
import {
  type LastHour,
  type NewestAsked,
  readHoursBefore,
  readNewestCursors,
} from "../../../src/db/events/read-earlier-life.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { GroupCommit } from "../../writer/group-commit.ts";

/** Symbols of one query. */
const SYMBOLS_A_QUERY = 200;

type Outcome<Found> = { found: Found } | { error: unknown };

/**
 * What many rooms ask of Postgres where they begin together, as after a change of the hosts, and what Postgres needs ten times as
 * long to plan as to do. While one query is under way those that others ask for gather for the next.
 */
export class JoinedReads {
  readonly newestCursor: (asked: NewestAsked) => Promise<Cursor | null>;
  readonly hours: (asked: LastHour) => Promise<Bar[]>;

  constructor(database: Database) {
    this.newestCursor = joined((all) => readNewestCursors(database, all));
    this.hours = joined((all) => readHoursBefore(database, all));
  }
}

function joined<Asked, Found>(
  read: (asked: readonly Asked[]) => Promise<readonly Found[]>,
): (asked: Asked) => Promise<Found> {
  const commit = async (asked: readonly Asked[]): Promise<Outcome<Found>[]> => {
    try {
      return (await read(asked)).map((found) => ({ found }));
    } catch (error) {
      if (asked.length === 1 || failureOf(error)?.kind === "unavailable") throw error;
      // What is wrong with one of them is no other's.
      const apart: Outcome<Found>[] = [];
      for (const one of asked)
        apart.push(await commit([one]).then(first, (why) => ({ error: why })));
      return apart;
    }
  };
  const group = new GroupCommit({ commit, weigh: () => 1, maxWeight: SYMBOLS_A_QUERY, atOnce: 1 });
  return async (asked) => {
    const outcome = await group.submit(asked);
    if ("error" in outcome) throw outcome.error;
    return outcome.found;
  };
}

function first<Found>([outcome]: readonly Outcome<Found>[]): Outcome<Found> {
  return outcome ?? { error: new Error("there is no answer to the one that was asked") };
}
