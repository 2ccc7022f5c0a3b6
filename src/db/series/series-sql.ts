import type { RollupChoice } from "../../core/answers/rollup-choice.ts";
import type { Aggregate } from "../../protocol/words/aggregate.ts";
import { identifier, join, literal, NOTHING, type Sql, sql } from "../driver/sql.ts";
import { bucketOf, epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { openTail } from "../store/closed-hours-sql.ts";
import { type PointsWanted, storedPoints } from "./stored-points-sql.ts";

/** The parameters that the statements of `readSeries` have in common, each one piece wherever it stands. */
export interface SeriesParams {
  symbol: Sql;
  metric: Sql;
  /** As JSON. */
  labels: Sql;
  /** Moments: the range is [from, to). */
  from: Sql;
  to: Sql;
  storedThrough: Sql;
  /** A row source `u` of the tail: `place` of its label set, `ts_us`, `value`. */
  tail: Sql;
  /** A row source `k` of the label sets of the tail: `labels_key`, and its `place`. */
  tailLabels: Sql;
}

/**
 * `percentile_cont` is exact on every Postgres: the value at place p * (count - 1) of the sorted points, counted from 0,
 * in a straight line between its two neighbours. (TimescaleDB's approximate ones are not in the edition that Neon has.)
 */
export const percentile = (part: number) =>
  sql`percentile_cont(${literal(part)}) within group (order by value)`;

/**
 * The increase per second from each point to the next over all pairs whose later point is in the bucket, divided by the
 * time from the first point of those pairs to the last. So the pair that crosses into a bucket counts in it, from the
 * last point before it however old that is, and nothing is extrapolated: the definition of MetricsQL's `rate`
 * (https://docs.victoriametrics.com/metricsql/), where Prometheus' own misses that pair and extrapolates. A counter that
 * drops has begun anew at 0, so the new value is its increase, as in Prometheus
 * (https://prometheus.io/docs/prometheus/latest/querying/functions/#rate). Null where a bucket has no such pair; 0 where
 * the increase is so small that Postgres would refuse the quotient, which it does where a double becomes 0.
 */
const RATE = sql`(case when abs(sum(increase)) < 1e-200 then 0
    else sum(increase) / extract(epoch from max(ts) - min(before_ts))::float8 end)`;

const AGGREGATE_SQL: Record<Aggregate, Sql> = {
  avg: sql`avg(value)`,
  min: sql`min(value)`,
  max: sql`max(value)`,
  sum: sql`sum(value)`,
  count: sql`count(*)`,
  first: sql`(array_agg(value order by ts))[1]`,
  last: sql`(array_agg(value order by ts))[count(*)]`,
  p50: percentile(0.5),
  p95: percentile(0.95),
  p99: percentile(0.99),
  rate: RATE,
};

export const wantedSeries = ({ symbol, metric, labels }: SeriesParams) => sql`
wanted as (
  select s.id, s.labels_key from series s join symbols y on y.id = s.symbol_id
  where y.symbol = ${symbol} and s.metric = ${metric} and s.labels @> ${labels}::jsonb)`;

/**
 * The series, and from when on each has everything in the range that this choice can be made of, null where it has all of it:
 * before that the raw points are gone, or the minutes, and only longer rollups are kept (SPEC R-3). Hours are kept for good.
 */
export function selectWanted(params: SeriesParams, choice: RollupChoice): Sql {
  const { from, to } = params;
  if (choice === "hours")
    return sql`with ${wantedSeries(params)} select id, labels_key from wanted`;
  const begins = sql`(select ${choice === "raw" ? sql`raw_from` : sql`minutes_from`} from tape_state)`;
  return sql`
with ${wantedSeries(params)}
select id, labels_key, case when ${begins} > ${from} and exists (
    select from points_1h_spans h
    where h.series_id = w.id and h.bucket > ${from} - interval '1 hour' and h.bucket < least(${to}, ${begins})
      and h.last_ts >= ${from} and h.first_ts < ${to})
  then ${epochUsOf(begins)} end as gone_before
from wanted w`;
}

/** A series that is only in the tail gets the negative of its place among the tail's label sets. */
export const seriesTail = ({ tail, tailLabels }: SeriesParams) =>
  openTail(
    "points",
    sql`
  select coalesce(w.id, -k.place) as id, ${timestampOf(sql`u.ts_us`)} as ts, u.value
  from ${tail}
  join ${tailLabels} on k.place = u.place
  left join wanted w on w.labels_key = k.labels_key`,
    sql`exists (select from points_past p where p.series_id = t.id and p.ts = t.ts)`,
  );

/**
 * SQL: `id, ts, value` of the stored points of a row source `s`. INV-9: a tail point replaces the stored one of its moment,
 * because its cursor is later. NOT IN, for that is a hash whatever the planner expects; neither column is ever null. As a rule
 * there is no tail, and then no point is looked for in it.
 */
export const pointsBefore = (
  storedThrough: Sql,
  wanted: Omit<PointsWanted, "columns" | "where">,
  more = NOTHING,
): Sql =>
  storedPoints({
    ...wanted,
    columns: sql`s.id, p.ts, p.value`,
    where: sql`p.cursor <= ${storedThrough} ${more}
      and (not exists (select from tail) or (s.id, p.ts) not in (select id, ts from tail))`,
  });

const WANTED = sql`wanted s`;
const newest = (count: Sql) => ({ order: "desc", count }) as const;

/** The newest `limit` points of each series. */
export function selectRaw(params: SeriesParams, limit: Sql): Sql {
  const { from, to, storedThrough } = params;
  return sql`
with ${wantedSeries(params)}, ${seriesTail(params)},
point as (
  ${pointsBefore(storedThrough, { series: WANTED, from, to, only: newest(limit) })}
  union all
  select id, ts, value from tail),
newest as (
  select *, row_number() over (partition by id order by ts desc) as age from point)
select id, string_agg(${epochUsOf(sql`ts`)}::text, ',' order by ts) as ts,
  string_agg(value::text, ',' order by ts) as last
from newest where age <= ${limit} group by id`;
}

const point = ({ from, to, storedThrough }: SeriesParams) => sql`
point as (
  ${pointsBefore(storedThrough, { series: WANTED, from, to })}
  union all
  select id, ts, value from tail)`;

/** For `rate`: each point beside the one before it, which for the first is the last before the range. */
const comparedPoint = ({ from, to, storedThrough }: SeriesParams) => sql`
pair as (
  ${pointsBefore(storedThrough, { series: WANTED, from, to })}
  union all
  (select distinct on (id) * from (
    ${pointsBefore(storedThrough, { series: WANTED, to: from, only: newest(literal(1)) })}) before order by id, ts desc)
  union all
  select id, ts, value from tail),
compared as (
  select id, ts, value, lag(value) over series as before, lag(ts) over series as before_ts
  from pair window series as (partition by id order by ts)),
point as (
  select id, ts, value, before_ts, case when value < before then value else value - before end as increase
  from compared where ts >= ${from})`;

/** Every bucket that has points, one row a series, a column an aggregate. A value there is none of is `null`. */
export function selectBuckets(
  params: SeriesParams,
  stepUs: Sql,
  aggregates: readonly Aggregate[],
): Sql {
  const columns = aggregates.map((name) => sql`${AGGREGATE_SQL[name]} as ${identifier(name)}`);
  const points = aggregates.includes("rate") ? comparedPoint(params) : point(params);
  return sql`
with ${wantedSeries(params)}, ${seriesTail(params)}, ${points},
filled as (
  select ${join([sql`id`, sql`${bucketOf(sql`ts`, stepUs)} as bucket`, ...columns])}
  from point group by 1, 2)
${joinBuckets(aggregates)}`;
}

/** SQL: the rows of `filled` as one row a series, with more columns made of them, in their order. */
export function joinBuckets(aggregates: readonly Aggregate[], more: readonly Sql[] = []): Sql {
  // Sorted once, before: with an order of their own each of the columns would sort all rows again.
  const joined = aggregates.map(
    (name) =>
      sql`string_agg(coalesce(${identifier(name)}::text, 'null'), ',') as ${identifier(name)}`,
  );
  return sql`
select ${join([sql`id`, sql`string_agg(${epochUsOf(sql`bucket`)}::text, ',') as ts`, ...joined, ...more])}
from (select * from filled order by id, bucket) f group by id`;
}
