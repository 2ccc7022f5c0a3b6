import { NOTHING, type Sql, sql } from "../../driver/sql.ts";

/**
 * All stale hours, or only those older than raw data, whose rollups no continuous aggregate makes.
 */
export type Reach = "all" | "past";

/**
 * SQL: the CTEs `state`, `picked` (hours and keys, the newest hours first, from at most so many
 * invalidations) and `taken`, which deletes every one of those hours that can be seen. None are
 * picked while rollups are being made up to a later watermark: what was stored behind that may be
 * too late for a rollup that is made, and too early for one that is to be.
 */
export function takeStale(table: Sql, key: Sql, reach: Reach, mostInvalidations: number): Sql {
  const within = reach === "all" ? NOTHING : sql`and hour < (select raw_from from state)`;
  return sql`
state as materialized (
  select watermark, rolled_through, raw_from, minutes_from, packed_through from tape_state),
picked as materialized (
  select distinct hour, ${key} from (
    select hour, ${key} from ${table}
    where (select watermark <= rolled_through from state) ${within} order by hour desc, ${key} limit ${mostInvalidations}) s),
taken as (delete from ${table} s using picked k where s.hour = k.hour and s.${key} = k.${key})`;
}
