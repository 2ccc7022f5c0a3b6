import { HOUR_US, MINUTE_US } from "../core/duration.ts";
import type { RollupLength } from "../core/rollup-choice.ts";
import type { Aggregate } from "../protocol/aggregate.ts";
import { joinBuckets, percentile, pointsBefore, TAIL, WANTED } from "./series-sql.ts";
import { byIndex } from "./sql-plan.ts";
import { bucketOf, hourOf, minuteOf } from "./sql-time.ts";

/** Aggregates that can be made of rollups. */
export type RolledAggregate = Exclude<Aggregate, "p50" | "rate">;

export function isRolledUp(name: Aggregate): name is RolledAggregate {
  return name !== "p50" && name !== "rate";
}

/** Columns of a rollup, and how the same is made of points: out of such parts any bucket can be put together. */
const PART_OF_POINTS = {
  count: "count(*)",
  sum: "sum(greatest(-1e300, least(1e300, value)))",
  min: "min(value)",
  max: "max(value)",
  first: "(array_agg(value order by ts))[1]",
  last: "(array_agg(value order by ts desc))[1]",
  p95: percentile(0.95),
  p99: percentile(0.99),
  first_ts: "min(ts)",
  last_ts: "max(ts)",
};
type PartColumn = keyof typeof PART_OF_POINTS;

/** What each aggregate is of the parts of a bucket, and the columns that it reads. */
const OF_PARTS: Record<RolledAggregate, { sql: string; reads: readonly PartColumn[] }> = {
  avg: { sql: "sum(sum) / sum(count)", reads: ["sum", "count"] },
  min: { sql: "min(min)", reads: ["min"] },
  max: { sql: "max(max)", reads: ["max"] },
  sum: { sql: "sum(sum)", reads: ["sum"] },
  count: { sql: "sum(count)", reads: ["count"] },
  first: { sql: "(array_agg(first order by first_ts))[1]", reads: ["first", "first_ts"] },
  last: { sql: "(array_agg(last order by last_ts desc))[1]", reads: ["last", "last_ts"] },
  // Percentiles of parts do not add up to one of the whole.
  p95: { sql: "case when count(*) = 1 then max(p95) end", reads: ["p95"] },
  p99: { sql: "case when count(*) = 1 then max(p99) end", reads: ["p99"] },
};

/**
 * The buckets of `selectBuckets`, of the same parameters, made of rollups as far as they go and of raw points for the
 * rest: what is not rolled up yet, hours that are stale, buckets that the range cuts, and whatever the tail touches. The
 * answer is the same, and holds nothing that is later than the cursor stored through: a rollup that does is passed over
 * for its points. Where raw data is gone, buckets that the range cuts are given whole.
 *
 * $11 must be whole buckets of `length`; where percentiles are asked for, exactly one. [$12, $13) are the hours that the range
 * touches: nothing beyond them is read, and a plan without that knowledge would have every partition in it.
 */
export function selectRolledBuckets(
  length: RollupLength,
  aggregates: readonly RolledAggregate[],
): string {
  const hasPercentiles = aggregates.some((name) => name === "p95" || name === "p99");
  const read = [...new Set(aggregates.flatMap((name) => OF_PARTS[name].reads))];
  const columns = aggregates.map((name) => `${OF_PARTS[name].sql} as ${name}`);
  const inSpan = { series: "span s", from: "s.from_ts", to: "s.to_ts" };
  return `
with ${WANTED}, ${TAIL}, ${bounds(length, hasPercentiles)}, ${rolled(length, read)},
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
  select ${["id", `${bucketOf("bucket", "$11")} as bucket`, ...read].join(", ")} from fitting
  union all
  select ${["id", bucketOf("ts", "$11"), ...read.map((name) => PART_OF_POINTS[name])].join(", ")}
  from point group by 1, 2),
filled as (select ${["id", "bucket", ...columns].join(", ")} from part group by 1, 2)
${joinBuckets(aggregates)}`;
}

const touched = (moment: string) =>
  `${moment} >= $12::timestamptz and ${moment} < $13::timestamptz`;

/**
 * From `head` to `hours_end` there are hours to be had and from there to `minutes_end` minutes; with minutes alone the first
 * part is empty, and where percentiles are asked for the second. Minutes go back as far as they are kept.
 */
function bounds(length: RollupLength, hasPercentiles: boolean): string {
  const lengthUs = length === "1h" ? HOUR_US : MINUTE_US;
  const floor = (moment: string) => bucketOf(moment, String(lengthUs));
  const ceil = (moment: string) => floor(`${moment} + interval '${lengthUs - 1} microseconds'`);
  const [from, to] = ["$4::timestamptz", "$5::timestamptz"];
  const hoursEnd = length === "1h" ? `least(${hourOf("rolled_through")}, tail_end)` : "head";
  const minutesEnd =
    length === "1m"
      ? "least(rolled_through, tail_end)"
      : hasPercentiles
        ? hoursEnd
        : `least(rolled_through, greatest(${hoursEnd}, ${minuteOf(to)}))`;
  return `
bounds as materialized (
  select raw_from, head, greatest(head, ${hoursEnd}) as hours_end, greatest(head, ${minutesEnd}) as minutes_end
  from (
    select rolled_through, raw_from,
      ${length === "1m" ? "greatest(minutes_from, " : "("}case when ${from} < raw_from then ${floor(from)} else ${ceil(from)} end) as head,
      case when ${to} <= raw_from then ${ceil(to)} else ${floor(to)} end as tail_end
    from tape_state) s)`;
}

/**
 * The rollups that may stand for their points, and the hours in which none may. A bucket can have a part in both tables, the
 * live one and that of the past; they are parts like any others.
 */
function rolled(length: RollupLength, read: readonly PartColumn[]): string {
  const columns = ["bucket", ...read].join(", ");
  const of = (rollup: string, isWithin: string) =>
    ["live", "past"].map(
      (part) => `
    select ${columns}, cursor from metrics_${rollup}_${part}
    where series_id = w.id and ${touched("bucket")} and ${isWithin}`,
    );
  const between = (from: string, to: string) =>
    `bucket >= (select ${from} from bounds) and bucket < (select ${to} from bounds)`;
  // Nearly all that the range touches. Postgres takes a range of unknown ends for a hundredth of that, and sorts where it
  // should hash; of CASE it expects the half.
  const most = (to: string) => `case when ${between("head", to)} then true else false end`;
  const candidates =
    length === "1h"
      ? [...of("1h", most("hours_end")), ...of("1m", between("hours_end", "minutes_end"))]
      : of("1m", most("minutes_end"));
  return `
candidate as materialized (
  select w.id, r.* from wanted w ${byIndex(candidates.join(" union all "), "r")}),
stale as materialized (
  select s.series_id as id, s.hour from stale_points s
  where s.series_id in (select id from wanted)
    and s.hour >= ${hourOf("(select head from bounds)")} and s.hour < (select minutes_end from bounds)
  union
  select id, ${hourOf("ts")} from tail where id > 0 and ts < (select minutes_end from bounds)
  union
  select id, ${hourOf("bucket")} from candidate where cursor > $6),
fitting as (
  select id, ${columns} from candidate
  where (id, ${hourOf("bucket")}) not in (select id, hour from stale)
  union all
  -- Of an hour whose raw data is gone the rollup is all there is, and right; what came since is in points_past.
  select s.id, r.* from stale s ${byIndex(
    `
    select ${columns} from metrics_${length}_live
    where series_id = s.id and ${touched("bucket")} and bucket >= greatest(s.hour, (select head from bounds))
      and bucket < least(s.hour + interval '1 hour', (select minutes_end from bounds))`,
    "r",
  )}
  where s.hour < (select raw_from from bounds))`;
}
