import { HOUR_US, MINUTE_US } from "../../core/duration.ts";
import { byIndex } from "../sql-plan.ts";
import { POINT_ROLLUP_COLUMNS, pointRollup, SETTLE_POINT_ROLLUP } from "./point-rollups.ts";
import { type Reach, takeStale } from "./take-stale.ts";

/**
 * SQL: makes the rollups of stale hours of points anew from the raw points, and takes the notes, in one statement and
 * so from one snapshot: a note is committed with its points, so whoever sees it sees them. $1: most notes taken.
 */
export function refreshPoints(reach: Reach): string {
  const past = refreshed("past", "points_past", "k.hour < (select raw_from from state)");
  const live = refreshed("live", "points", "k.hour >= (select raw_from from state)");
  return `
with ${takeStale("stale_points", "series_id", reach)},
${past}${reach === "all" ? `,\n${live}` : ""}
select count(*)::int4 as taken from picked`;
}

function refreshed(part: "live" | "past", raw: string, hours: string): string {
  const isKept =
    part === "live"
      ? "bucket < (select rolled_through from state)"
      : "bucket >= (select minutes_from from state)";
  const isOver =
    part === "live" ? "bucket + interval '1 hour' <= (select rolled_through from state)" : "true";
  return `
${part}_point as materialized (
  select p.* from picked k ${byIndex(
    `select * from ${raw}
    where series_id = k.series_id and ts >= k.hour and ts < k.hour + interval '1 hour'`,
    "p",
  )} where ${hours}),
${part}_minute as (
  insert into metrics_1m_${part} (${POINT_ROLLUP_COLUMNS})
  select * from (${pointRollup(`${part}_point p`, MINUTE_US)}) r where ${isKept} ${SETTLE_POINT_ROLLUP}),
${part}_hour as (
  insert into metrics_1h_${part} (${POINT_ROLLUP_COLUMNS})
  select * from (${pointRollup(`${part}_point p`, HOUR_US)}) r where ${isOver} ${SETTLE_POINT_ROLLUP})`;
}
