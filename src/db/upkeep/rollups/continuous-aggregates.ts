import { DAY_US, floorUs, HOUR_US, MINUTE_US } from "../../../core/time/duration.ts";
import type { EpochUs } from "../../../protocol/words/time.ts";
import { ask, askAll } from "../../driver/ask.ts";
import type { Database } from "../../driver/database.ts";
import { int8s } from "../../driver/rows-of.ts";
import { identifier, raw, type Sql, sql } from "../../driver/sql.ts";
import { epochUsOf } from "../../driver/sql-time.ts";
import { readFirstEvent, refresh } from "./kept-rollups.ts";
import { refreshImported } from "./refresh-imported.ts";
import { refreshPoints } from "./refresh-points.ts";
import { INVALIDATE_IMPORTED, refreshTrades } from "./refresh-trades.ts";
import { invalidateImportedOf, setRolledThrough } from "./roll-forward.ts";
import type { Rollups } from "./rollups.ts";

interface Aggregate {
  view: string;
  lengthUs: number;
}

const OF_POINTS: readonly Aggregate[] = [
  { view: "metrics_1m_live", lengthUs: MINUTE_US },
  { view: "metrics_1h_live", lengthUs: HOUR_US },
];
const OF_TRADES: readonly Aggregate[] = [
  { view: "bars_1m_live", lengthUs: MINUTE_US },
  { view: "bars_1h_live", lengthUs: HOUR_US },
  { view: "bars_1d_live", lengthUs: DAY_US },
];

interface Invalidations {
  table: "stale_points" | "stale_trades";
  aggregates: readonly Aggregate[];
}

const POINT_INVALIDATIONS: Invalidations = { table: "stale_points", aggregates: OF_POINTS };
const TRADE_INVALIDATIONS: Invalidations = { table: "stale_trades", aggregates: OF_TRADES };

/** Claims the invalidations of the newest stale hours, as far as there is raw data. */
const claim = (table: string, mostInvalidations: number) => sql`
update ${identifier(table)} set is_claimed = true
where hour >= (select raw_from from tape_state) and hour in (
  select distinct hour from (
    select hour from ${identifier(table)} where hour >= (select raw_from from tape_state) order by hour desc limit ${mostInvalidations}) s)
returning ${epochUsOf(sql`hour`)} as hour_us, (select ${epochUsOf(sql`rolled_through`)} from tape_state) as rolled_through_us`;

/**
 * Deletes the claimed invalidations of hours that have been refreshed. Those that came after the
 * claim stay, and so do those of other hours, which a Keeper had claimed that ended before it
 * refreshed them.
 */
const takeClaimed = (table: string, hoursUs: readonly number[]) =>
  sql`delete from ${identifier(table)} where is_claimed and ${epochUsOf(sql`hour`)} = any (${int8s(hoursUs)})`;

/** Refreshes of one range until nothing of it is left. */
const MOST_CALLS = 10;

/**
 * A row where invalidations of the aggregate are left within a range. TimescaleDB 2.28.3 leaves one now and then where several transactions
 * stored late, and takes it in the next call.
 */
const leftOf = (view: string, fromUs: number, toUs: number) => sql`
select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = ${view}::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= ${fromUs}::int8 and l.greatest_modified_value < ${toUs}::int8 limit 1`;

/**
 * Continuous aggregates, for `timescale`. They know themselves what has changed in a range, and a
 * refresh of it does only that; the invalidations tell which ranges are worth a refresh now, for a
 * policy looks at everything once in a while. A refresh is several transactions, so invalidations
 * are claimed before and deleted after it. What is older than raw data is kept in tables, as in the
 * other modes: a refresh there would forget what has been dropped.
 */
export function continuousAggregates(db: Database): Rollups {
  const refreshLive = async (
    invalidations: Invalidations,
    mostInvalidations: number,
  ): Promise<number> => {
    const claimed = await ask(db, claim(invalidations.table, mostInvalidations));
    if (claimed.length === 0) return 0;
    const hours = [...new Set(claimed.map((row) => Number(row["hour_us"])))].sort((a, b) => a - b);
    const rolledThroughUs = Number(claimed[0]?.["rolled_through_us"]);
    for (const { view, lengthUs } of invalidations.aggregates) {
      // A bucket that is not over is rolled up when it is.
      const endUs = floorUs(rolledThroughUs, lengthUs);
      for (const [fromUs, toUs] of ranges(hours, lengthUs)) {
        if (fromUs < endUs) await refreshAggregate(view, fromUs, Math.min(toUs, endUs));
      }
    }
    if (invalidations.table === "stale_trades") await ask(db, INVALIDATE_IMPORTED_OF_CLAIMED);
    await ask(db, takeClaimed(invalidations.table, hours));
    return claimed.length;
  };

  const refreshAggregate = async (view: string, fromUs: number, toUs: number) => {
    for (let calls = 0; calls < MOST_CALLS; calls += 1) {
      // The procedure takes no parameters of a prepared statement where it looks for constants, and
      // must stand alone.
      await ask(
        db,
        sql`call refresh_continuous_aggregate('${identifier(view)}', '${isoOf(fromUs)}'::timestamptz, '${isoOf(toUs)}'::timestamptz)`,
      );
      if ((await ask(db, leftOf(view, fromUs, toUs))).length === 0) return;
    }
    throw new Error(`${MOST_CALLS} refreshes of ${view} left some of its invalidations`);
  };

  /** The aggregates of buckets of that length, over a range of whole ones. */
  const refreshAll = async (bucketUs: number, fromUs: number, toUs: number) => {
    for (const { view, lengthUs } of [...OF_POINTS, ...OF_TRADES]) {
      const [from, to] = [floorUs(fromUs, lengthUs), floorUs(toUs, lengthUs)];
      if (lengthUs === bucketUs && from < to) await refreshAggregate(view, from, to);
    }
  };

  return {
    async rollMinutes(fromUs: EpochUs, toUs: EpochUs): Promise<"some" | "none"> {
      await refreshAll(MINUTE_US, fromUs, toUs);
      // A refresh does not say what it has made.
      return "some";
    },
    async rollHour(hourUs: EpochUs): Promise<number> {
      await refreshAll(HOUR_US, hourUs, hourUs + HOUR_US);
      return 0;
    },
    async rollDay(dayUs: EpochUs): Promise<number> {
      await refreshAll(DAY_US, dayUs, dayUs + DAY_US);
      return 0;
    },
    async moveOn(fromUs: EpochUs, toUs: EpochUs): Promise<void> {
      await askAll(db, [invalidateImportedOf(fromUs, toUs), setRolledThrough(toUs)]);
    },
    firstEvent: (fromUs, toUs) => readFirstEvent(db, fromUs, toUs),
    async refreshPoints(mostInvalidations: number): Promise<number> {
      const live = await refreshLive(POINT_INVALIDATIONS, mostInvalidations);
      return live > 0 ? live : refresh(db, refreshPoints("past", mostInvalidations));
    },
    async refreshTrades(mostInvalidations: number): Promise<number> {
      const live = await refreshLive(TRADE_INVALIDATIONS, mostInvalidations);
      return live > 0 ? live : refresh(db, refreshTrades("past", mostInvalidations));
    },
    refreshImported: (mostInvalidations) => refresh(db, refreshImported(mostInvalidations)),
    pack: async () => 0,
  };
}

const INVALIDATE_IMPORTED_OF_CLAIMED = sql`
with picked as (select distinct hour, symbol_id from stale_trades where is_claimed)
${INVALIDATE_IMPORTED}`;

/** The hours as ranges of whole buckets, neighbours joined. */
function ranges(hoursUs: readonly number[], lengthUs: number): [number, number][] {
  const found: [number, number][] = [];
  for (const hourUs of hoursUs) {
    const fromUs = floorUs(hourUs, lengthUs);
    const toUs = Math.max(fromUs + lengthUs, hourUs + HOUR_US);
    const last = found.at(-1);
    if (last !== undefined && fromUs <= last[1]) last[1] = Math.max(last[1], toUs);
    else found.push([fromUs, toUs]);
  }
  return found;
}

function isoOf(us: number): Sql {
  return raw(new Date(us / 1_000).toISOString());
}
