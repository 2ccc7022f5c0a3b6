import type { RollupChoice } from "../../core/rollup-choice.ts";
import type { Aggregate } from "../../protocol/aggregate.ts";
import { openTail } from "../store/closed-hours-sql.ts";
import { bucketOf, epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { type PointsWanted, storedPoints } from "./stored-points-sql.ts";

/*
 * The statements of `readSeries`. Their parameters: $1 symbol, $2 metric, $3 labels as JSON, [$4, $5) the range as
 * moments, $6 the cursor stored through, $7 to $10 the tail, $11 the limit of points or the step in microseconds.
 */

/**
 * `percentile_cont` is exact on every Postgres: the value at place p * (count - 1) of the sorted points, counted from 0,
 * in a straight line between its two neighbours. (TimescaleDB's approximate ones are not in the edition that Neon has.)
 */
export const percentile = (part: number) =>
  `percentile_cont(${part}) within group (order by value)`;

/**
 * The increase per second from each point to the next over all pairs whose later point is in the bucket, divided by the
 * time from the first point of those pairs to the last. So the pair that crosses into a bucket counts in it, from the
 * last point before it however old that is, and nothing is extrapolated: the definition of MetricsQL's `rate`
 * (https://docs.victoriametrics.com/metricsql/), where Prometheus' own misses that pair and extrapolates. A counter that
 * drops has begun anew at 0, so the new value is its increase, as in Prometheus
 * (https://prometheus.io/docs/prometheus/latest/querying/functions/#rate). Null where a bucket has no such pair; 0 where
 * the increase is so small that Postgres would refuse the quotient, which it does where a double becomes 0.
 */
const RATE = `(case when abs(sum(increase)) < 1e-200 then 0
    else sum(increase) / extract(epoch from max(ts) - min(before_ts))::float8 end)`;

const AGGREGATE_SQL: Record<Aggregate, string> = {
  avg: "avg(value)",
  min: "min(value)",
  max: "max(value)",
  sum: "sum(value)",
  count: "count(*)",
  first: "(array_agg(value order by ts))[1]",
  last: "(array_agg(value order by ts))[count(*)]",
  p50: percentile(0.5),
  p95: percentile(0.95),
  p99: percentile(0.99),
  rate: RATE,
};

export const WANTED = `
wanted as (
  select s.id, s.labels_key from series s join symbols y on y.id = s.symbol_id
  where y.symbol = $1 and s.metric = $2 and s.labels @> $3::jsonb)`;

export const SELECT_WANTED = `with ${WANTED} select id, labels_key from wanted`;

/**
 * The same, and from when on each series has everything in [$4, $5) that this choice can be made of, null where it has all of it:
 * before that the raw points are gone, or the minutes, and only longer rollups are kept (SPEC R-3).
 */
export function selectWanted(choice: RollupChoice): string {
  if (choice === "hours") return SELECT_WANTED;
  const from = `(select ${choice === "raw" ? "raw_from" : "minutes_from"} from tape_state)`;
  return `
with ${WANTED}
select id, labels_key, case when ${from} > $4::timestamptz and exists (
    select from points_1h_spans h
    where h.series_id = w.id and h.bucket > $4::timestamptz - interval '1 hour' and h.bucket < least($5::timestamptz, ${from})
      and h.last_ts >= $4::timestamptz and h.first_ts < $5::timestamptz)
  then ${epochUsOf(from)} end as gone_before
from wanted w`;
}

/** A series that is only in the tail gets the negative of its place among the tail's label sets. */
export const TAIL = openTail(
  "points",
  `
  select coalesce(w.id, -k.place) as id, ${timestampOf("u.ts_us")} as ts, u.value
  from unnest($7::int4[], $8::int8[], $9::float8[]) as u (place, ts_us, value)
  join unnest($10::text[]) with ordinality as k (labels_key, place) on k.place = u.place
  left join wanted w on w.labels_key = k.labels_key`,
  "exists (select from points_past p where p.series_id = t.id and p.ts = t.ts)",
);

/**
 * SQL: `id, ts, value` of the stored points of a row source `s`. INV-9: a tail point replaces the stored one of its moment,
 * because its cursor is later. NOT IN, for that is a hash whatever the planner expects; neither column is ever null. As a rule
 * there is no tail, and then no point is looked for in it.
 */
export const pointsBefore = (wanted: Omit<PointsWanted, "columns" | "where">, more = ""): string =>
  storedPoints({
    ...wanted,
    columns: "s.id, p.ts, p.value",
    where: `p.cursor <= $6 ${more}
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))`,
  });

const IN_RANGE = { series: "wanted s", from: "$4::timestamptz", to: "$5::timestamptz" };
const newest = (count: string) => ({ order: "desc", count }) as const;

export const SELECT_RAW = `
with ${WANTED}, ${TAIL},
point as (
  ${pointsBefore({ ...IN_RANGE, only: newest("$11") })}
  union all
  select id, ts, value from tail),
newest as (
  select *, row_number() over (partition by id order by ts desc) as age from point)
select id, string_agg(${epochUsOf("ts")}::text, ',' order by ts) as ts,
  string_agg(value::text, ',' order by ts) as last
from newest where age <= $11 group by id`;

const POINT = `
point as (
  ${pointsBefore(IN_RANGE)}
  union all
  select id, ts, value from tail)`;

/** For `rate`: each point beside the one before it, which for the first is the last before the range. */
const COMPARED_POINT = `
pair as (
  ${pointsBefore(IN_RANGE)}
  union all
  (select distinct on (id) * from (
    ${pointsBefore({ series: "wanted s", to: IN_RANGE.from, only: newest("1") })}) before order by id, ts desc)
  union all
  select id, ts, value from tail),
compared as (
  select id, ts, value, lag(value) over series as before, lag(ts) over series as before_ts
  from pair window series as (partition by id order by ts)),
point as (
  select id, ts, value, before_ts, case when value < before then value else value - before end as increase
  from compared where ts >= $4::timestamptz)`;

/** Every bucket that has points, one row a series, a column an aggregate. A value there is none of is `null`. */
export function selectBuckets(aggregates: readonly Aggregate[]): string {
  const columns = aggregates.map((name) => `${AGGREGATE_SQL[name]} as ${name}`);
  return `
with ${WANTED}, ${TAIL}, ${aggregates.includes("rate") ? COMPARED_POINT : POINT},
filled as (
  select ${["id", `${bucketOf("ts", "$11")} as bucket`, ...columns].join(", ")}
  from point group by 1, 2)
${joinBuckets(aggregates)}`;
}

/** SQL: the rows of `filled` as one row a series, with more columns made of them, in their order. */
export function joinBuckets(
  aggregates: readonly Aggregate[],
  more: readonly string[] = [],
): string {
  // Sorted once, before: with an order of their own each of the columns would sort all rows again.
  const joined = aggregates.map(
    (name) => `string_agg(coalesce(${name}::text, 'null'), ',') as ${name}`,
  );
  return `
select ${["id", `string_agg(${epochUsOf("bucket")}::text, ',') as ts`, ...joined, ...more].join(", ")}
from (select * from filled order by id, bucket) f group by id`;
}
