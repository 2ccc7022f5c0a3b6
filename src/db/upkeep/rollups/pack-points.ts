import { identifier, join, type Sql, sql } from "../../driver/sql.ts";
import { byIndex } from "../../driver/sql-plan.ts";
import { epochUsOf, hourOf, timestampOf } from "../../driver/sql-time.ts";

/**
 * SQL: packs `points`, a row source `p` with the columns of that table. What is packed of an hour
 * replaces what was.
 */
export function packPoints(points: Sql): Sql {
  return sql`
  insert into packed_points (series_id, hour, count, first_cursor, last_cursor, ts, value, cursor, ordinal)
  select p.series_id, ${hourOf(sql`p.ts`)}, count(*), min(p.cursor), max(p.cursor),
    ${join(["ts", "value", "cursor", "ordinal"].map((column) => sql`array_agg(p.${identifier(column)} order by p.ts)`))}
  from ${points} group by 1, 2
  on conflict (series_id, hour) do update
  set count = excluded.count, first_cursor = excluded.first_cursor, last_cursor = excluded.last_cursor,
    ts = excluded.ts, value = excluded.value, cursor = excluded.cursor, ordinal = excluded.ordinal`;
}

/** An hour is packed when it has been over for so long: by then what comes late for it is rare. */
const LAG = sql`interval '1 hour'`;

/**
 * SQL: packs the first hour of which anything is not packed, of at most so many series. The rollups
 * say what there is: up to `rolled_through` they have every hour, so what is packed must be as many
 * points as they were made of. One row: how many series were packed, and up to where all is.
 */
export const packNext = (mostSeries: number): Sql => sql`
with state as materialized (
  select packed_through, greatest(packed_through, ${hourOf(sql`rolled_through`)} - ${LAG}) as packable from tape_state),
unpacked as materialized (
  select s.id as series_id, h.bucket as hour from series s ${byIndex(
    sql`select r.bucket from metrics_1h_live r
    where r.series_id = s.id
      and r.bucket >= (select packed_through from state) and r.bucket < (select packable from state)
      and not exists (
        select from packed_points k where k.series_id = s.id and k.hour = r.bucket and k.count = r.count)
    order by r.bucket limit 1`,
    sql`h`,
  )}),
picked as materialized (
  select * from unpacked where hour = (select min(hour) from unpacked) limit ${mostSeries}),
packed as (${packPoints(
  sql`picked k ${byIndex(
    sql`select * from points
    where series_id = k.series_id and ts >= k.hour and ts < k.hour + interval '1 hour'`,
    sql`p`,
  )}`,
)})
select (select count(*) from picked)::int4 as packed,
  ${epochUsOf(sql`coalesce((select min(hour) from picked), packable)`)} as through_us,
  ${epochUsOf(sql`packed_through`)} as packed_through_us
from state`;

/** Waits for every insert under way: what those stored can be seen by the next statement. */
export const LOCK_STATE = sql`select from tape_state for update`;

/**
 * SQL: moves `packed_through` on to a moment before which all was packed, but past no hour that is
 * invalidated: what made that is not packed yet. Under {@link LOCK_STATE}.
 */
export const movePackedThrough = (throughUs: number): Sql => sql`
update tape_state set packed_through = least(${timestampOf(sql`${throughUs}`)}, coalesce(
  (select min(hour) from stale_points where hour >= packed_through), 'infinity'))`;
