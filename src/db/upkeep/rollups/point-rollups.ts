import { literal, type Sql, sql } from "../../driver/sql.ts";
import { bucketOf } from "../../driver/sql-time.ts";

/** Columns of a rollup of points, in the order of {@link pointRollup}. */
export const POINT_ROLLUP_COLUMNS = sql`series_id, bucket, count, sum, min, max, first, last, p95, p99, first_ts, last_ts, cursor`;

/** SQL: rows given anew replace what is there. */
export const SETTLE_POINT_ROLLUP = sql`on conflict (series_id, bucket) do update
set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first,
  last = excluded.last, p95 = excluded.p95, p99 = excluded.p99, first_ts = excluded.first_ts,
  last_ts = excluded.last_ts, cursor = excluded.cursor`;

/**
 * SQL: one row a series and bucket of `lengthUs` out of `points`, a row source `p` with the columns
 * of that table. Values beyond 1e300 count as that in sums, so that no sum of finite numbers is
 * refused for being infinite.
 */
export function pointRollup(points: Sql, lengthUs: number): Sql {
  return sql`
select series_id, bucket, count, sum, min, max, first, last, percentiles[1], percentiles[2], first_ts, last_ts, cursor
from (
  select p.series_id, ${bucketOf(sql`p.ts`, literal(lengthUs))} as bucket, count(*) as count,
    sum(greatest(-1e300, least(1e300, p.value))) as sum, min(p.value) as min, max(p.value) as max,
    (array_agg(p.value order by p.ts))[1] as first, (array_agg(p.value order by p.ts desc))[1] as last,
    percentile_cont(array[0.95, 0.99]) within group (order by p.value) as percentiles,
    min(p.ts) as first_ts, max(p.ts) as last_ts, max(p.cursor) as cursor
  from ${points} group by 1, 2) r`;
}
