import { HOUR_US, MINUTE_US } from "../../core/duration.ts";
import type { RollupChoice } from "../../core/rollup-choice.ts";
import { percentile } from "./series-sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { bucketOf, hourOf, minuteOf } from "../driver/sql-time.ts";

/* The share of rollups in the statement of `selectRolledBuckets`, whose parameters these are. */

export type Rollups = Exclude<RollupChoice, "raw">;

/** Columns of a rollup: how the same is made of points, and of several rollups, also of their like. */
export const PART_COLUMNS = {
  count: { ofPoints: "count(*)", ofParts: "sum(count)::int8" },
  sum: { ofPoints: "sum(greatest(-1e300, least(1e300, value)))", ofParts: "sum(sum)" },
  min: { ofPoints: "min(value)", ofParts: "min(min)" },
  max: { ofPoints: "max(value)", ofParts: "max(max)" },
  first: {
    ofPoints: "(array_agg(value order by ts))[1]",
    ofParts: "(array_agg(first order by first_ts))[1]",
  },
  last: {
    ofPoints: "(array_agg(value order by ts desc))[1]",
    ofParts: "(array_agg(last order by last_ts desc))[1]",
  },
  // Percentiles of parts do not add up to one of the whole.
  p95: { ofPoints: percentile(0.95), ofParts: "case when count(*) = 1 then max(p95) end" },
  p99: { ofPoints: percentile(0.99), ofParts: "case when count(*) = 1 then max(p99) end" },
  first_ts: { ofPoints: "min(ts)", ofParts: "min(first_ts)" },
  last_ts: { ofPoints: "max(ts)", ofParts: "max(last_ts)" },
};
export type PartColumn = keyof typeof PART_COLUMNS;

/** SQL: is the moment in the hours that the range touches? */
export const touched = (moment: string) =>
  `${moment} >= $12::timestamptz and ${moment} < $13::timestamptz`;

/**
 * From `head` to `hours_end` there are hours to be had and from there to `minutes_end` minutes; with minutes alone the first
 * part is empty, and where percentiles are asked for the second. All of them lie within the range. Minutes go back as far as
 * they are kept.
 */
export function bounds(rollups: Rollups, hasPercentiles: boolean): string {
  const lengthUs = rollups === "hours" ? HOUR_US : MINUTE_US;
  const floor = (moment: string) => bucketOf(moment, String(lengthUs));
  const [from, to] = ["$4::timestamptz", "$5::timestamptz"];
  const head = floor(`${from} + interval '${lengthUs - 1} microseconds'`);
  const hoursEnd = {
    minutes: "head",
    mixed: hourOf("least(rolled_through, tail_end)"),
    hours: `least(${hourOf("rolled_through")}, tail_end)`,
  }[rollups];
  const minutesEnd =
    rollups !== "hours"
      ? "least(rolled_through, tail_end)"
      : hasPercentiles
        ? hoursEnd
        : `case when ${hoursEnd} < minutes_from then ${hoursEnd}
      else least(rolled_through, greatest(${hoursEnd}, ${minuteOf(to)})) end`;
  return `
bounds as materialized (
  select raw_from, minutes_from, head, greatest(head, ${hoursEnd}) as hours_end, greatest(head, ${minutesEnd}) as minutes_end
  from (
    select rolled_through, raw_from, minutes_from, ${floor(to)} as tail_end,
      ${rollups === "hours" ? head : `greatest(minutes_from, ${head})`} as head
    from tape_state) s)`;
}

/**
 * SQL: the CTE `edge`, rollups of the hours that the range cuts, whose raw data is gone: minutes, or the hour where those are kept
 * no more. What is in one of them cannot be cut, so it is in the answer whole where any of it may be in the range;
 * `is_whole` where some of it is not.
 */
export function edges(rollups: Rollups, read: readonly PartColumn[]): string {
  const [from, to] = ["$4::timestamptz", "$5::timestamptz"];
  const of = (length: "1m" | "1h", isKept: string) => `
    select ${[`${bucketOf("bucket", "$11")} as bucket`, ...read].join(", ")},
      first_ts < ${from} or last_ts >= ${to} as is_whole
    from metrics_${length}_live
    where series_id = w.id and ${touched("bucket")} and first_ts < ${to} and last_ts >= ${from}
      and bucket < (select raw_from from bounds) and ${isKept} (select minutes_from from bounds)
      and (bucket < (select head from bounds) or bucket >= (select minutes_end from bounds))`;
  const parts = [of("1m", "bucket >="), ...(rollups === "hours" ? [of("1h", "bucket <")] : [])];
  return `
edge as materialized (
  select w.id, r.* from wanted w ${byIndex(parts.join(" union all "), "r")})`;
}

/**
 * SQL: the CTE `candidate`, the rollups that may stand for their points: `bucket` is that of the query, `hour` the hour that
 * they are of, and `cursor` the latest in them. Minutes are put together by both, so that what is joined, sorted and compared
 * later is short, however many they are. A bucket can have a part in both tables, the live one and that of the past; they are
 * parts like any others.
 */
export function candidates(rollups: Rollups, read: readonly PartColumn[]): string {
  const of = (length: "1m" | "1h", isWithin: string) =>
    ["live", "past"]
      .map(
        (part) => `
    select ${[`${bucketOf("bucket", "$11")} as bucket`, `${hourOf("bucket")} as hour`, "cursor", ...read].join(", ")}
    from metrics_${length}_${part} where series_id = w.id and ${touched("bucket")} and ${isWithin}`,
      )
      .join(" union all ");
  const merged = (rows: string) => `
    select bucket, hour, max(cursor) as cursor, ${read.map((name) => `${PART_COLUMNS[name].ofParts} as ${name}`).join(", ")}
    from (${rows}) r group by 1, 2`;
  const between = (from: string, to: string) =>
    `bucket >= (select ${from} from bounds) and bucket < (select ${to} from bounds)`;
  // Nearly all that the range touches. Postgres takes a range of unknown ends for a hundredth of that, and sorts where it
  // should hash; of CASE it expects the half.
  const most = (to: string) => `case when ${between("head", to)} then true else false end`;
  switch (rollups) {
    case "minutes":
      return candidate(merged(of("1m", most("minutes_end"))));
    case "hours":
      return candidate(
        `${of("1h", most("hours_end"))} union all ${of("1m", between("hours_end", "minutes_end"))}`,
      );
    case "mixed": {
      const hours = of("1h", `${most("hours_end")} and bucket not in (select hour from cut)`);
      const minutes = of("1m", "bucket >= c.from_ts and bucket < c.to_ts");
      return `${CUT_HOURS},
${candidate(`${hours} union all ${merged(`select r.* from cut c ${byIndex(minutes, "r")}`)}`)}`;
    }
  }
}

const candidate = (rows: string) => `
candidate as materialized (
  select w.id, r.* from wanted w ${byIndex(rows, "r")})`;

/** The first hour and the last, and those that a border between two buckets cuts: of these, minutes are read. */
const CUT_HOURS = `
cut as materialized (
  select hour, greatest(hour, head) as from_ts, least(hour + interval '1 hour', minutes_end) as to_ts
  from bounds cross join lateral (
    select ${hourOf("head")} as hour
    union
    select ${hourOf("hours_end")}
    union
    select ${hourOf("border")}
    from generate_series(${bucketOf("head", "$11")}, minutes_end, $11::int8 * interval '1 microsecond') border
    where border > head and border <> ${hourOf("border")}) h)`;
