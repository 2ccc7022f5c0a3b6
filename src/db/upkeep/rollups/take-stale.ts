/** All stale hours, or only those older than raw data, whose rollups no continuous aggregate makes. */
export type Reach = "all" | "past";

/**
 * SQL: the CTEs `state`, `picked` (hours and keys, the newest hours first, from at most $1 notes) and `taken`, which
 * deletes every note of those hours that can be seen.
 */
export function takeStale(table: string, key: string, reach: Reach): string {
  const within = reach === "all" ? "" : "where hour < (select raw_from from state)";
  return `
state as materialized (
  select rolled_through, raw_from, minutes_from, packed_through from tape_state),
picked as materialized (
  select distinct hour, ${key} from (
    select hour, ${key} from ${table} ${within} order by hour desc, ${key} limit $1) s),
taken as (delete from ${table} s using picked k where s.hour = k.hour and s.${key} = k.${key})`;
}
