import type { RollupLength } from "../core/rollup-choice.ts";
import type { Aggregate } from "../protocol/aggregate.ts";
import { HOUR_US, MINUTE_US } from "./rollups/lengths.ts";
import { percentile, STORED_MATCH, TAIL, WANTED } from "./series-sql.ts";
import { byIndex } from "./sql-plan.ts";
import { bucketOf, epochUsOf, timestampOf } from "./sql-time.ts";
import { spansOf } from "./stale-spans.ts";

/** What a part of a bucket says of its points: out of such parts any bucket can be put together. */
const PART_COLUMNS = "id, bucket, first_at, last_at, count, sum, min, max, first, last, p95, p99";

/** Aggregates that can be made of rollups. */
export type RolledAggregate = Exclude<Aggregate, "p50" | "rate">;

export function isRolledUp(name: Aggregate): name is RolledAggregate {
  return name !== "p50" && name !== "rate";
}

const AGGREGATE_OF_PARTS: Record<RolledAggregate, string> = {
  avg: "sum(sum) / sum(count)",
  min: "min(min)",
  max: "max(max)",
  sum: "sum(sum)",
  count: "sum(count)",
  first: "(array_agg(first order by first_at))[1]",
  last: "(array_agg(last order by last_at desc))[1]",
  // Percentiles of parts do not add up to one of the whole.
  p95: "case when count(*) = 1 then max(p95) end",
  p99: "case when count(*) = 1 then max(p99) end",
};

/**
 * The buckets of `selectBuckets`, of the same parameters, made of rollups as far as they go and of raw points for the
 * rest: what is not rolled up yet, hours that are stale, buckets that the range cuts, and whatever the tail touches. The
 * answer is the same, and holds nothing that is later than the cursor stored through: a rollup that does is passed over
 * for its points. Where raw data is gone, buckets that the range cuts are given whole.
 *
 * $11 must be whole buckets of `length`; where percentiles are asked for, exactly one.
 */
export function selectRolledBuckets(
  length: RollupLength,
  aggregates: readonly RolledAggregate[],
): string {
  const hasPercentiles = aggregates.some((name) => name === "p95" || name === "p99");
  const columns = aggregates.map((name) => `${AGGREGATE_OF_PARTS[name]} as ${name}`);
  const joined = aggregates.map(
    (name) => `string_agg(coalesce(${name}::text, 'null'), ',' order by bucket) as ${name}`,
  );
  return `
with ${WANTED}, ${TAIL}, ${bounds(length, hasPercentiles)}, ${rolled(length)},
point as (
  select w.id, p.ts, p.value from wanted w join all_points p
  on ${STORED_MATCH} >= ${timestampOf("$4")} and p.ts < least((select head from bounds), ${timestampOf("$5")})
  union all
  select w.id, p.ts, p.value from wanted w join all_points p
  on ${STORED_MATCH} >= (select minutes_end from bounds) and p.ts < ${timestampOf("$5")}
  union all
  select w.id, p.ts, p.value from span w ${byIndex(
    `select ts, value from all_points p
    where ${STORED_MATCH} >= greatest(w.from_ts, (select head from bounds))
      and p.ts < least(w.to_ts, (select minutes_end from bounds))`,
    "p",
  )}
  union all
  select id, ts, value from tail),
part as (
  select ${PART_COLUMNS.replace("bucket", `${bucketOf("bucket", "$11")} as bucket`)} from fitting
  union all
  select id, ${bucketOf("ts", "$11")}, min(ts), max(ts), count(*),
    sum(greatest(-1e300, least(1e300, value))), min(value), max(value),
    (array_agg(value order by ts))[1], (array_agg(value order by ts desc))[1],
    ${hasPercentiles ? `${percentile(0.95)}, ${percentile(0.99)}` : "null, null"}
  from point group by 1, 2),
filled as (select ${["id", "bucket", ...columns].join(", ")} from part group by 1, 2)
select ${["id", `string_agg(${epochUsOf("bucket")}::text, ',' order by bucket) as ts`, ...joined].join(", ")}
from filled group by id`;
}

/**
 * From `head` to `hours_end` there are hours to be had and from there to `minutes_end` minutes; with minutes alone the first
 * part is empty, and where percentiles are asked for the second. Minutes go back as far as they are kept.
 */
function bounds(length: RollupLength, hasPercentiles: boolean): string {
  const lengthUs = length === "1h" ? HOUR_US : MINUTE_US;
  const floor = (moment: string) => bucketOf(moment, String(lengthUs));
  const ceil = (moment: string) => floor(`${moment} + interval '${lengthUs - 1} microseconds'`);
  const [from, to] = [timestampOf("$4"), timestampOf("$5")];
  const hoursEnd =
    length === "1h" ? `least(${bucketOf("rolled_through", String(HOUR_US))}, tail_end)` : "head";
  const minutesEnd =
    length === "1m"
      ? "least(rolled_through, tail_end)"
      : hasPercentiles
        ? hoursEnd
        : `least(rolled_through, greatest(${hoursEnd}, ${bucketOf(to, String(MINUTE_US))}))`;
  return `
bounds as materialized (
  select raw_from, head, greatest(head, ${hoursEnd}) as hours_end, greatest(head, ${minutesEnd}) as minutes_end
  from (
    select rolled_through, raw_from,
      ${length === "1m" ? "greatest(minutes_from, " : "("}case when ${from} < raw_from then ${floor(from)} else ${ceil(from)} end) as head,
      case when ${to} <= raw_from then ${ceil(to)} else ${floor(to)} end as tail_end
    from tape_state) s)`;
}

/** The rollups that may stand for their points, and the hours in which none may. */
function rolled(length: RollupLength): string {
  const columns =
    "r.series_id as id, r.bucket, r.first_ts as first_at, r.last_ts as last_at, r.count, r.sum, r.min, r.max, r.first, r.last, r.p95, r.p99";
  const hour = (moment: string) => bucketOf(moment, String(HOUR_US));
  const within = (rollup: string, from: string, to: string) => `
  select ${columns}, r.cursor from wanted w join ${rollup} r
  on r.series_id = w.id and r.bucket >= (select ${from} from bounds) and r.bucket < (select ${to} from bounds)`;
  return `
candidate as materialized (${length === "1h" ? `${within("series_1h", "head", "hours_end")} union all` : ""}
  ${within("series_1m", "hours_end", "minutes_end")}),
stale as materialized (
  select s.series_id as id, s.hour from stale_points s
  where s.series_id in (select id from wanted)
    and s.hour >= ${hour("(select head from bounds)")} and s.hour < (select minutes_end from bounds)
  union
  select id, ${hour("ts")} from tail where id > 0 and ts < (select minutes_end from bounds)
  union
  select id, ${hour("bucket")} from candidate where cursor > $6),
${spansOf("id", "(select minutes_end from bounds) - (select head from bounds)")},
fitting as (
  select ${PART_COLUMNS} from candidate c
  where not exists (select from span s where s.id = c.id and c.bucket >= s.from_ts and c.bucket < s.to_ts)
  union all
  -- Of an hour whose raw data is gone the rollup is all there is, and right; what came since is in points_past.
  select ${columns} from span s ${byIndex(
    `select * from metrics_${length}_live l
    where l.series_id = s.id and l.bucket >= greatest(s.from_ts, (select head from bounds))
      and l.bucket < least(s.to_ts, (select minutes_end from bounds), (select raw_from from bounds))`,
    "r",
  )})`;
}
