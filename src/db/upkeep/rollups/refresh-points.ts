import { HOUR_US, MINUTE_US } from "../../../core/time/duration.ts";
import { identifier, join, type Sql, sql } from "../../driver/sql.ts";
import { byIndex } from "../../driver/sql-plan.ts";
import { storedPoints } from "../../series/stored-points-sql.ts";
import { packPoints } from "./pack-points.ts";
import { POINT_ROLLUP_COLUMNS, pointRollup, SETTLE_POINT_ROLLUP } from "./point-rollups.ts";
import { type Reach, takeStale } from "./take-stale.ts";

const COLUMNS = sql`ts, value, cursor, series_id, ordinal`;

/**
 * SQL: makes the rollups of stale hours of points anew from the raw points, and takes the
 * invalidations, in one statement and so from one snapshot: an invalidation is committed with its
 * points, so whoever sees it sees them. Hours that are packed are packed anew, with what has come
 * late for them.
 */
export function refreshPoints(reach: Reach, mostInvalidations: number): Sql {
  const parts = [refreshed("past", past, sql`k.hour < (select raw_from from state)`)];
  if (reach === "all") {
    parts.push(refreshed("live", live, sql`k.hour >= (select raw_from from state)`), PACKED_ANEW);
  }
  const stale = takeStale(sql`stale_points`, sql`series_id`, reach, mostInvalidations);
  return sql`
with ${join([stale, ...parts], sql`,\n`)}
select count(*)::int4 as taken from picked`;
}

const past = (hours: Sql): Sql => sql`
  select p.* from picked k ${byIndex(
    sql`select ${COLUMNS} from points_past
    where series_id = k.series_id and ts >= k.hour and ts < k.hour + interval '1 hour'`,
    sql`p`,
  )} where ${hours}`;

const live = (hours: Sql): Sql =>
  storedPoints({
    series: sql`(select k.series_id as id, k.hour from picked k where ${hours}) s`,
    columns: sql`p.ts, p.value, p.cursor, s.id as series_id, p.ordinal`,
    hasOrdinal: true,
    from: sql`s.hour`,
    to: sql`s.hour + interval '1 hour'`,
    // Where raw data is gone rows may be left of the time before.
    where: sql`p.ts >= (select raw_from from state)`,
  });

function refreshed(part: "live" | "past", source: (hours: Sql) => Sql, hours: Sql): Sql {
  const isKept =
    part === "live"
      ? sql`bucket < (select rolled_through from state)`
      : sql`bucket >= (select minutes_from from state)`;
  const isOver =
    part === "live"
      ? sql`bucket + interval '1 hour' <= (select rolled_through from state)`
      : sql`true`;
  const points = identifier(`${part}_point`);
  const rollupOf = (lengthUs: number) => pointRollup(sql`${points} p`, lengthUs);
  return sql`
${points} as materialized (${source(hours)}),
${identifier(`${part}_minute`)} as (
  insert into ${identifier(`metrics_1m_${part}`)} (${POINT_ROLLUP_COLUMNS})
  select * from (${rollupOf(MINUTE_US)}) r where ${isKept} ${SETTLE_POINT_ROLLUP}),
${identifier(`${part}_hour`)} as (
  insert into ${identifier(`metrics_1h_${part}`)} (${POINT_ROLLUP_COLUMNS})
  select * from (${rollupOf(HOUR_US)}) r where ${isOver} ${SETTLE_POINT_ROLLUP})`;
}

// A point that somebody stores over one of these meanwhile stays, as its cursor is later, and so
// does one that somebody holds: to wait for it could be a deadlock. Its invalidation comes with it.
// What is packed of an hour that is not read yet is packed once more.
const PACKED_ANEW = sql`
packed_point as materialized (
  select * from live_point where ts < (select packed_through from state)),
packed as (
  ${packPoints(sql`packed_point p`)}),
merged as (
  delete from points_late where ctid = any (array(
    select l.ctid from packed_point p join points_late l on l.series_id = p.series_id and l.ts = p.ts
    where (l.cursor, l.ordinal) <= (p.cursor, p.ordinal) for update of l skip locked))),
unpacked as (
  delete from packed_points p using picked k
  where p.series_id = k.series_id and p.hour = k.hour and k.hour >= (select packed_through from state))`;
