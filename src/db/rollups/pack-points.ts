import { byIndex } from "../sql-plan.ts";
import { hourOf } from "../sql-time.ts";

/** SQL: packs `points`, a row source `p` with the columns of that table. What is packed of an hour replaces what was. */
export function packPoints(points: string): string {
  return `
  insert into packed_points (series_id, hour, count, first_cursor, last_cursor, ts, value, cursor, ordinal)
  select p.series_id, ${hourOf("p.ts")}, count(*), min(p.cursor), max(p.cursor),
    ${["ts", "value", "cursor", "ordinal"].map((column) => `array_agg(p.${column} order by p.ts)`).join(", ")}
  from ${points} group by 1, 2
  on conflict (series_id, hour) do update
  set count = excluded.count, first_cursor = excluded.first_cursor, last_cursor = excluded.last_cursor,
    ts = excluded.ts, value = excluded.value, cursor = excluded.cursor, ordinal = excluded.ordinal`;
}

/** An hour is packed when it has been over for so long: by then what comes late for it is rare. */
const LAG = "interval '1 hour'";

/**
 * SQL: packs the next hour in which there is anything, of at most $1 series; once all are packed, `packing` moves on past it.
 * The rollups say which series there are: up to `rolled_through` they have every hour, and what comes for one later is noted,
 * and packed with its note. One row: how many were packed, and whether that was all.
 */
export const PACK_NEXT = `
with state as materialized (
  select packing, ${hourOf("rolled_through")} - ${LAG} as packable from tape_state),
next as materialized (
  select min(h.bucket) as hour from series s ${byIndex(
    `select bucket from metrics_1h_live
    where series_id = s.id and bucket >= (select packing from state) and bucket < (select packable from state)
    order by bucket limit 1`,
    "h",
  )} where (select packing < packable from state)),
picked as materialized (
  select s.id as series_id from series s ${byIndex(
    `select count from metrics_1h_live where series_id = s.id and bucket = (select hour from next)`,
    "h",
  )}
  where not exists (
    select from packed_points k
    where k.series_id = s.id and k.hour = (select hour from next) and k.count = h.count)
  limit $1),
packed as (${packPoints(
  `picked k ${byIndex(
    `select * from points where series_id = k.series_id
      and ts >= (select hour from next) and ts < (select hour from next) + interval '1 hour'`,
    "p",
  )}`,
)}),
moved as (
  update tape_state set packing = coalesce((select hour from next) + interval '1 hour', (select packable from state))
  where (select packing < packable from state) and (select count(*) from picked) < $1)
select (select count(*) from picked)::int4 as packed, packing < packable as is_left from state`;
