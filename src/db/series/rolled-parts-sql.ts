import type { RollupChoice } from "../../core/answers/rollup-choice.ts";
import { HOUR_US, MINUTE_US } from "../../core/time/duration.ts";
import { identifier, join, literal, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { bucketOf, hourOf, minuteOf } from "../driver/sql-time.ts";
import { percentile, type SeriesParams } from "./series-sql.ts";

/* The share of rollups in the statement of `selectRolledBuckets`. */

export type RolledChoice = Exclude<RollupChoice, "raw">;

/**
 * What the statement gets besides the parameters of every series query: the hours that the range
 * touches are [from, to).
 */
export interface RolledParams extends SeriesParams {
  stepUs: Sql;
  hoursFrom: Sql;
  hoursTo: Sql;
}

const UNION_ALL = sql` union all `;
const [HOURS_END, MINUTES_END] = [sql`hours_end`, sql`minutes_end`];

/**
 * Columns of a rollup: how the same is made of points, and of several rollups, also of their like.
 */
export const PART_COLUMNS = {
  count: { ofPoints: sql`count(*)`, ofParts: sql`sum(count)::int8` },
  sum: { ofPoints: sql`sum(greatest(-1e300, least(1e300, value)))`, ofParts: sql`sum(sum)` },
  min: { ofPoints: sql`min(value)`, ofParts: sql`min(min)` },
  max: { ofPoints: sql`max(value)`, ofParts: sql`max(max)` },
  first: {
    ofPoints: sql`(array_agg(value order by ts))[1]`,
    ofParts: sql`(array_agg(first order by first_ts))[1]`,
  },
  last: {
    ofPoints: sql`(array_agg(value order by ts desc))[1]`,
    ofParts: sql`(array_agg(last order by last_ts desc))[1]`,
  },
  // Percentiles of parts do not add up to one of the whole.
  p95: { ofPoints: percentile(0.95), ofParts: sql`case when count(*) = 1 then max(p95) end` },
  p99: { ofPoints: percentile(0.99), ofParts: sql`case when count(*) = 1 then max(p99) end` },
  first_ts: { ofPoints: sql`min(ts)`, ofParts: sql`min(first_ts)` },
  last_ts: { ofPoints: sql`max(ts)`, ofParts: sql`max(last_ts)` },
};
export type PartColumn = keyof typeof PART_COLUMNS;

/** SQL: is the moment in the hours that the range touches? */
export const touched = ({ hoursFrom, hoursTo }: RolledParams, moment: Sql) =>
  sql`${moment} >= ${hoursFrom} and ${moment} < ${hoursTo}`;

/**
 * From `head` to `hours_end` there are hours to be had and from there to `minutes_end` minutes;
 * with minutes alone the first part is empty, and where percentiles are asked for the second. All
 * of them lie within the range. Minutes go back as far as they are kept.
 */
export function bounds(
  { from, to }: RolledParams,
  rollups: RolledChoice,
  hasPercentiles: boolean,
): Sql {
  const lengthUs = rollups === "hours" ? HOUR_US : MINUTE_US;
  const floor = (moment: Sql) => bucketOf(moment, literal(lengthUs));
  const head = floor(sql`${from} + interval '${literal(lengthUs - 1)} microseconds'`);
  const hoursEnd = {
    minutes: sql`head`,
    mixed: hourOf(sql`least(rolled_through, tail_end)`),
    hours: sql`least(${hourOf(sql`rolled_through`)}, tail_end)`,
  }[rollups];
  const minutesEnd =
    rollups !== "hours"
      ? sql`least(rolled_through, tail_end)`
      : hasPercentiles
        ? hoursEnd
        : sql`case when ${hoursEnd} < minutes_from then ${hoursEnd}
      else least(rolled_through, greatest(${hoursEnd}, ${minuteOf(to)})) end`;
  return sql`
bounds as materialized (
  select raw_from, minutes_from, head, greatest(head, ${hoursEnd}) as hours_end, greatest(head, ${minutesEnd}) as minutes_end
  from (
    select rolled_through, raw_from, minutes_from, ${floor(to)} as tail_end,
      ${rollups === "hours" ? head : sql`greatest(minutes_from, ${head})`} as head
    from tape_state) s)`;
}

/**
 * SQL: the CTE `edge`, rollups of the hours that the range cuts, whose raw data is gone: minutes,
 * or the hour where those are kept no more. What is in one of them cannot be cut, so it is in the
 * answer whole where any of it may be in the range; `is_whole` where some of it is not.
 */
export function edges(
  params: RolledParams,
  rollups: RolledChoice,
  read: readonly PartColumn[],
): Sql {
  const { from, to, stepUs } = params;
  const of = (length: "1m" | "1h", isKept: Sql) => sql`
    select ${join([sql`${bucketOf(sql`bucket`, stepUs)} as bucket`, ...read.map(identifier)])},
      first_ts < ${from} or last_ts >= ${to} as is_whole
    from ${identifier(`metrics_${length}_live`)}
    where series_id = w.id and ${touched(params, sql`bucket`)} and first_ts < ${to} and last_ts >= ${from}
      and bucket < (select raw_from from bounds) and ${isKept} (select minutes_from from bounds)
      and (bucket < (select head from bounds) or bucket >= (select minutes_end from bounds))`;
  const parts = [
    of("1m", sql`bucket >=`),
    ...(rollups === "hours" ? [of("1h", sql`bucket <`)] : []),
  ];
  return sql`
edge as materialized (
  select w.id, r.* from wanted w ${byIndex(join(parts, UNION_ALL), sql`r`)})`;
}

/**
 * SQL: the CTE `candidate`, the rollups that may stand for their points: `bucket` is that of the
 * query, `hour` the hour that they are of, and `cursor` the latest in them. Minutes are put
 * together by both, so that what is joined, sorted and compared later is short, however many they
 * are. A bucket can have a part in both tables, the live one and that of the past; they are parts
 * like any others.
 */
export function candidates(
  params: RolledParams,
  rollups: RolledChoice,
  read: readonly PartColumn[],
): Sql {
  const { stepUs } = params;
  const of = (length: "1m" | "1h", isWithin: Sql) =>
    join(
      ["live", "past"].map(
        (part) => sql`
    select ${join([sql`${bucketOf(sql`bucket`, stepUs)} as bucket`, sql`${hourOf(sql`bucket`)} as hour`, ...["cursor", ...read].map(identifier)])}
    from ${identifier(`metrics_${length}_${part}`)} where series_id = w.id and ${touched(params, sql`bucket`)} and ${isWithin}`,
      ),
      UNION_ALL,
    );
  const merged = (rows: Sql) => sql`
    select bucket, hour, max(cursor) as cursor, ${join(read.map((name) => sql`${PART_COLUMNS[name].ofParts} as ${identifier(name)}`))}
    from (${rows}) r group by 1, 2`;
  const between = (from: Sql, to: Sql) =>
    sql`bucket >= (select ${from} from bounds) and bucket < (select ${to} from bounds)`;
  // Nearly all that the range touches. Postgres takes a range of unknown ends for a hundredth of
  // that, and sorts where it should hash; of CASE it expects the half.
  const most = (to: Sql) => sql`case when ${between(sql`head`, to)} then true else false end`;
  switch (rollups) {
    case "minutes":
      return candidate(merged(of("1m", most(MINUTES_END))));
    case "hours":
      return candidate(
        sql`${of("1h", most(HOURS_END))} union all ${of("1m", between(HOURS_END, MINUTES_END))}`,
      );
    case "mixed": {
      const hours = of("1h", sql`${most(HOURS_END)} and bucket not in (select hour from cut)`);
      const minutes = of("1m", sql`bucket >= c.from_ts and bucket < c.to_ts`);
      return sql`${cutHours(stepUs)},
${candidate(sql`${hours} union all ${merged(sql`select r.* from cut c ${byIndex(minutes, sql`r`)}`)}`)}`;
    }
  }
}

const candidate = (rows: Sql) => sql`
candidate as materialized (
  select w.id, r.* from wanted w ${byIndex(rows, sql`r`)})`;

/**
 * The first hour and the last, and those that a border between two buckets cuts: of these, minutes
 * are read.
 */
const cutHours = (stepUs: Sql) => sql`
cut as materialized (
  select hour, greatest(hour, head) as from_ts, least(hour + interval '1 hour', minutes_end) as to_ts
  from bounds cross join lateral (
    select ${hourOf(sql`head`)} as hour
    union
    select ${hourOf(HOURS_END)}
    union
    select ${hourOf(sql`border`)}
    from generate_series(${bucketOf(sql`head`, stepUs)}, minutes_end, ${stepUs}::int8 * interval '1 microsecond') border
    where border > head and border <> ${hourOf(sql`border`)}) h)`;
