import type { Aggregate } from "../../protocol/aggregate.ts";
import {
  bounds,
  candidates,
  edges,
  PART_COLUMNS,
  type PartColumn,
  type Rollups,
  touched,
} from "./rolled-parts-sql.ts";
import { joinBuckets, pointsBefore, TAIL, WANTED } from "./series-sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { bucketOf, epochUsOf, hourOf } from "../driver/sql-time.ts";

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
  name === "avg" ? "sum(sum) / sum(count)" : PART_COLUMNS[name].ofParts;

/**
 * The buckets of `selectBuckets`, of the same parameters, made of rollups as far as they go and of raw points for the
 * rest: what is not rolled up yet, hours that are stale, buckets that the range cuts, and whatever the tail touches. The
 * answer is the same, and holds nothing that is later than the cursor stored through: a rollup that does is passed over
 * for its points. Where raw data is gone, an hour or a minute that the range cuts may be in it whole, and `whole` has its
 * bucket.
 *
 * $11 must be whole minutes or hours as `chooseRollup` says. [$12, $13) are the hours that the range touches: nothing beyond
 * them is read, and a plan without that knowledge would have every partition in it.
 */
export function selectRolledBuckets(
  rollups: Rollups,
  aggregates: readonly RolledAggregate[],
): string {
  const hasPercentiles = aggregates.some((name) => name === "p95" || name === "p99");
  const read = [...new Set(aggregates.flatMap((name) => READ_BY[name]))];
  const columns = aggregates.map((name) => `${ofParts(name)} as ${name}`);
  const inSpan = { series: "span s", from: "s.from_ts", to: "s.to_ts" };
  return `
with ${WANTED}, ${TAIL}, ${bounds(rollups, hasPercentiles)}, ${candidates(rollups, read)}, ${fitting(rollups, read)}, ${edges(rollups, read)},
span as materialized (
  select * from (
    select id, $4::timestamptz as from_ts, least(head, $5::timestamptz) as to_ts from wanted, bounds
    union all
    select id, minutes_end, $5::timestamptz from wanted, bounds
    union all
    select id, greatest(hour, head), least(hour + interval '1 hour', minutes_end) from stale, bounds) s
  where from_ts < to_ts),
point as (
  ${pointsBefore(inSpan, `and ${touched("p.ts")}`)}
  union all
  select id, ts, value from tail),
part as (
  select ${["id", "bucket", ...read].join(", ")}, false as is_whole from fitting
  union all
  select ${["id", "bucket", ...read].join(", ")}, is_whole from edge
  union all
  select ${["id", bucketOf("ts", "$11"), ...read.map((name) => PART_COLUMNS[name].ofPoints)].join(", ")}, false
  from point group by 1, 2),
filled as (
  select ${["id", "bucket", ...columns].join(", ")}, bool_or(is_whole) as is_whole from part group by 1, 2)
${joinBuckets(aggregates, WHOLE)}`;
}

const WHOLE = [
  `string_agg(case when is_whole then ${epochUsOf("bucket")}::text end, ',') as whole_buckets`,
];

/** SQL: the CTEs `stale`, the hours of which no rollup may stand for its points, and `fitting`, the rollups that may. */
function fitting(rollups: Rollups, read: readonly PartColumn[]): string {
  const of = (length: "1m" | "1h", from: string, to: string) => `
    select ${[`${bucketOf("bucket", "$11")} as bucket`, ...read].join(", ")} from metrics_${length}_live
    where series_id = s.id and ${touched("bucket")} and bucket >= greatest(s.hour, (select ${from} from bounds))
      and bucket < least(s.hour + interval '1 hour', (select ${to} from bounds))`;
  const gone =
    rollups === "hours"
      ? [of("1h", "head", "hours_end"), of("1m", "hours_end", "minutes_end")]
      : [of("1m", "head", "minutes_end")];
  return `
stale as materialized (
  select s.series_id as id, s.hour from stale_points s
  where s.series_id in (select id from wanted)
    and s.hour >= ${hourOf("(select head from bounds)")} and s.hour < (select minutes_end from bounds)
  union
  select id, ${hourOf("ts")} from tail where id > 0 and ts < (select minutes_end from bounds)
  union
  select id, hour from candidate where cursor > $6),
fitting as (
  select ${["id", "bucket", ...read].join(", ")} from candidate
  where (id, hour) not in (select id, hour from stale)
  union all
  -- Of an hour whose raw data is gone the rollup is all there is, and right; what came since is in points_past.
  select s.id, r.* from stale s ${byIndex(gone.join(" union all "), "r")}
  where s.hour < (select raw_from from bounds))`;
}
