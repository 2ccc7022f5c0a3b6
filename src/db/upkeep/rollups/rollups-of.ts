import type { Database } from "../../driver/database.ts";
import type { DatabaseMode } from "../../driver/mode.ts";
import { continuousAggregates } from "./continuous-aggregates.ts";
import { keptRollups } from "./kept-rollups.ts";
import type { Rollups } from "./rollups.ts";

/** The rollups of a database of this mode. */
export function rollupsOf(mode: DatabaseMode, db: Database): Rollups {
  switch (mode) {
    case "plain":
    case "apache":
      return keptRollups(db);
    case "timescale":
      return continuousAggregates(db);
  }
}
