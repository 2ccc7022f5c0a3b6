import type { Aggregate } from "../../protocol/words/aggregate.ts";
import { identifier, identifiers, join, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { bucketOf, epochUsOf, hourOf } from "../driver/sql-time.ts";
import {
  bounds,
  candidates,
  edges,
  PART_COLUMNS,
  type PartColumn,
  type RolledChoice,
  type RolledParams,
  touched,
} from "./rolled-parts-sql.ts";
import { joinBuckets, pointsBefore, seriesTail, wantedSeries } from "./series-sql.ts";

/** Aggregates that can be made of rollups. */
export type RolledAggregate = Exclude<Aggregate, "p50" | "rate">;

export function isRolledUp(name: Aggregate): name is RolledAggregate {
  return name !== "p50" && name !== "rate";
}

/** The columns that each aggregate is made of; but for the average it is the first of them. */
const READ_BY: Record<RolledAggregate, readonly PartColumn[]> = {
  avg: ["sum", "count"],
  min: ["min"],
  max: ["max"],
  sum: ["sum"],
  count: ["count"],
  first: ["first", "first_ts"],
  last: ["last", "last_ts"],
  p95: ["p95"],
  p99: ["p99"],
};

const ofParts = (name: RolledAggregate) =>
  name === "avg" ? sql`sum(sum) / sum(count)` : PART_COLUMNS[name].ofParts;

/**
 * The buckets of `selectBuckets` made of rollups as far as they go and of raw points for the rest:
 * what is not rolled up yet, hours that are stale, buckets that the range cuts, and whatever the
 * tail touches. The answer is the same, and holds nothing that is later than the cursor stored
 * through: a rollup that does is passed over for its points. Where raw data is gone, an hour or a
 * minute that the range cuts may be in it whole, and `whole` has its bucket.
 *
 * The step must be whole minutes or hours as `chooseRollup` says. Nothing beyond the hours that the
 * range touches is read, and a plan without that knowledge would have every partition in it.
 */
export function selectRolledBuckets(
  params: RolledParams,
  rollups: RolledChoice,
  aggregates: readonly RolledAggregate[],
): Sql {
  const hasPercentiles = aggregates.some((name) => name === "p95" || name === "p99");
  const read = [...new Set(aggregates.flatMap((name) => READ_BY[name]))];
  const columns = aggregates.map((name) => sql`${ofParts(name)} as ${identifier(name)}`);
  const { from, to, stepUs, storedThrough } = params;
  const inSpan = { series: sql`span s`, from: sql`s.from_ts`, to: sql`s.to_ts` };
  const part = identifiers(["id", "bucket", ...read]);
  return sql`
with ${wantedSeries(params)}, ${seriesTail(params)}, ${bounds(params, rollups, hasPercentiles)}, ${candidates(params, rollups, read)}, ${fitting(params, rollups, read)}, ${edges(params, rollups, read)},
span as materialized (
  select * from (
    select id, ${from} as from_ts, least(head, ${to}) as to_ts from wanted, bounds
    union all
    select id, minutes_end, ${to} from wanted, bounds
    union all
    select id, greatest(hour, head), least(hour + interval '1 hour', minutes_end) from stale, bounds) s
  where from_ts < to_ts),
point as (
  ${pointsBefore(storedThrough, inSpan, sql`and ${touched(params, sql`p.ts`)}`)}
  union all
  select id, ts, value from tail),
part as (
  select ${part}, false as is_whole from fitting
  union all
  select ${part}, is_whole from edge
  union all
  select ${join([sql`id`, bucketOf(sql`ts`, stepUs), ...read.map((name) => PART_COLUMNS[name].ofPoints)])}, false
  from point group by 1, 2),
filled as (
  select ${join([sql`id`, sql`bucket`, ...columns])}, bool_or(is_whole) as is_whole from part group by 1, 2)
${joinBuckets(aggregates, WHOLE)}`;
}

const WHOLE = [
  sql`string_agg(case when is_whole then ${epochUsOf(sql`bucket`)}::text end, ',') as whole_buckets`,
];

/**
 * SQL: the CTEs `stale`, the hours of which no rollup may stand for its points, and `fitting`, the
 * rollups that may.
 */
function fitting(params: RolledParams, rollups: RolledChoice, read: readonly PartColumn[]): Sql {
  const { stepUs, storedThrough } = params;
  const of = (length: "1m" | "1h", from: Sql, to: Sql) => sql`
    select ${join([sql`${bucketOf(sql`bucket`, stepUs)} as bucket`, ...read.map(identifier)])} from ${identifier(`metrics_${length}_live`)}
    where series_id = s.id and ${touched(params, sql`bucket`)} and bucket >= greatest(s.hour, (select ${from} from bounds))
      and bucket < least(s.hour + interval '1 hour', (select ${to} from bounds))`;
  const gone =
    rollups === "hours"
      ? [of("1h", sql`head`, sql`hours_end`), of("1m", sql`hours_end`, sql`minutes_end`)]
      : [of("1m", sql`head`, sql`minutes_end`)];
  return sql`
stale as materialized (
  select s.series_id as id, s.hour from stale_points s
  where s.series_id in (select id from wanted)
    and s.hour >= ${hourOf(sql`(select head from bounds)`)} and s.hour < (select minutes_end from bounds)
  union
  select id, ${hourOf(sql`ts`)} from tail where id > 0 and ts < (select minutes_end from bounds)
  union
  select id, hour from candidate where cursor > ${storedThrough}),
fitting as (
  select ${identifiers(["id", "bucket", ...read])} from candidate
  where (id, hour) not in (select id, hour from stale)
  union all
  -- Of an hour whose raw data is gone the rollup is all there is, and right; what came since is in points_past.
  select s.id, r.* from stale s ${byIndex(join(gone, sql` union all `), sql`r`)}
  where s.hour < (select raw_from from bounds))`;
}
