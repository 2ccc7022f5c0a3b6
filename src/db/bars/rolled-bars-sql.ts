import type { BarLength } from "../../core/rollup-choice.ts";
import { postedAnew, postedPart } from "./imported-parts-sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { bucketOf, dayOf, hourOf, minuteOf } from "../driver/sql-time.ts";
import { ofEach, tradesOf } from "./stored-trades-sql.ts";

const [FROM, TO] = ["$3::timestamptz", "$4::timestamptz"];
const BAR = "bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, origin";
const PIECE = "place, bucket, first_ts, last_ts, high, low, volume, trades, origin, open, close";

/**
 * SQL: the CTEs `whole_part` and `other_part`, parts of bars as `selectBars` puts them together. Those of `whole_part` are kept bars
 * of `length`, as far as they go: of origin 0, one a bucket, as a rule nearly all there is, and without columns that are not asked
 * for. Those of `other_part` are shorter kept bars and at last trades for the rest, and posted bars. What is not over is not rolled
 * up, a day with a stale hour is made of its hours, and a stale hour of its trades. A kept bar that holds something later
 * than what is stored through is stale for this query. The range is whole buckets of `length`.
 */
export function keptBars(length: BarLength, columns: readonly string[]): string {
  const read = ["bucket", "first_ts", "last_ts", ...columns].join(", ");
  const [wholeEnd, isFresh] = WHOLE[length];
  return `
bounds as materialized (
  select raw_from, ${length === "1m" ? `least(${TO}, greatest(${FROM}, minutes_from))` : FROM} as kept_from,
    least(${TO}, greatest(${FROM}, ${dayOf("rolled_through")})) as days_end,
    least(${TO}, greatest(${FROM}, ${hourOf("rolled_through")})) as hours_end,
    least(${TO}, greatest(${FROM}, ${minuteOf("rolled_through")})) as minutes_end
  from tape_state),
${STALE_NOTES},
whole as materialized (
  select s.place, x.* from asked s ${byIndex(
    `
    select ${read}, cursor > s.stored_through as is_late from bars_${length}_live
    where symbol_id = s.id and bucket >= ${FROM} and bucket < ${TO} and ${most("kept_from", wholeEnd)}`,
    "x",
  )}),
whole_past as materialized (${keptIn(length, "kept_from", wholeEnd, ["past"])}),
${SHORTER[length]},
whole_part as not materialized (select place, ${read}, 0 as origin from whole where ${isFresh}),
span as materialized (
  select * from (
    select a.*, ${FROM} as from_ts, kept_from as to_ts from asked a, bounds
    union all
    select a.*, greatest(kept_from, minutes_end), ${TO} from asked a, bounds
    union all
    select a.*, greatest(s.hour, kept_from), least(s.hour + interval '1 hour', minutes_end)
    from stale s join asked a using (place), bounds) s
  where from_ts < to_ts),
fresh_trade as (${ofEach("span", tradesOf("ts >= s.from_ts and ts < s.to_ts"))}),
piece as (
  select ${PIECE} from fitting
  union all
  select place, ${minuteOf("ts")}, min(ts), max(ts), max(price), min(price), sum(size), count(*), 2,
    (array_agg(price order by ts, cursor, ordinal))[1], (array_agg(price order by ts desc, cursor desc, ordinal desc))[1]
  from fresh_trade group by 1, 2),
${postedAnew(length)}
other_part as (
  select ${PIECE.replace("bucket", `${bucketOf("bucket", "$2")} as bucket`)} from piece
  union all
  ${postedPart(length)})`;
}

const STALE_NOTES = `
noted as materialized (
  select a.place, n.hour from asked a join stale_trades n on n.symbol_id = a.id
  where n.hour >= ${hourOf(FROM)} and n.hour < (select minutes_end from bounds)
  union
  select place, ${hourOf("ts")} from tail where ts < (select minutes_end from bounds))`;

/**
 * Kept bars of the live table and of the past. A bucket can have a part in both: they are put together like any others, and at
 * the same moment that of the past is later.
 */
const keptOf = (bars: string, isWithin: string, tables: readonly string[] = ["live", "past"]) =>
  tables
    .map(
      (table) => `
    select ${BAR.replace("origin", `${table === "live" ? 1 : 2} as origin`)} from bars_${bars}_${table}
    where symbol_id = s.id and bucket >= ${FROM} and bucket < ${TO} and ${isWithin}`,
    )
    .join(" union all ");

const between = (from: string, to: string) =>
  `bucket >= (select ${from} from bounds) and bucket < (select ${to} from bounds)`;

/** The same where it is nearly all of the range: see `candidates` in rolled-parts-sql.ts. */
const most = (from: string, to: string) =>
  `case when ${between(from, to)} then true else false end`;

const keptIn = (bars: string, from: string, to: string, tables?: readonly string[]) =>
  ofEach("asked", keptOf(bars, between(from, to), tables));

/** NOT IN, for that is a hash whatever the planner expects; neither column is ever null. As a rule there is nothing to look for. */
const IS_FRESH = `(not exists (select from stale) or (place, ${hourOf("bucket")}) not in (select place, hour from stale))`;
const IS_FRESH_DAY = "(place, bucket) not in (select place, day from stale_day)";

/** Where bars of a length end that are whole, and which of them may stand for their trades. */
const WHOLE: Record<BarLength, [end: string, isFresh: string]> = {
  "1m": ["minutes_end", IS_FRESH],
  "1h": ["hours_end", IS_FRESH],
  "1d": ["days_end", IS_FRESH_DAY],
};

const fresh = (bars: string) => `select ${PIECE} from ${bars} where ${IS_FRESH}`;

/** Of an hour whose raw trades are gone the kept bar is all there is, and right; what came since is in trades_past. */
const frozen = (bars: string, origin: number) => `
  select ${PIECE} from (${ofEach(
    "(select a.*, n.hour from stale n join asked a using (place) where n.hour < (select raw_from from bounds))",
    `
    select ${BAR.replace("origin", `${origin} as origin`)} from bars_${bars}_live
    where symbol_id = s.id and bucket >= ${FROM} and bucket < ${TO}
      and bucket >= greatest(s.hour, (select kept_from from bounds)) and bucket < s.hour + interval '1 hour'`,
  )}) f`;

const MINUTES_AFTER_HOURS = `
minute as materialized (${keptIn("1m", "hours_end", "minutes_end")})`;

const late = (bars: string) =>
  `select place, ${hourOf("bucket")} from ${bars} where cursor > stored_through`;
const LATE_WHOLE = `select place, ${hourOf("bucket")} from whole where is_late union ${late("whole_past")}`;

const SHORTER: Record<BarLength, string> = {
  "1m": `
stale as materialized (select place, hour from noted union ${LATE_WHOLE}),
fitting as (${fresh("whole_past")} union all ${frozen("1m", 0)})`,

  "1h": `
${MINUTES_AFTER_HOURS},
stale as materialized (select place, hour from noted union ${LATE_WHOLE} union ${late("minute")}),
fitting as (${fresh("whole_past")} union all ${fresh("minute")} union all ${frozen("1h", 0)})`,

  "1d": `
stale_day as materialized (
  select place, ${dayOf("hour")} as day from noted
  union select place, bucket from whole where is_late
  union select place, bucket from whole_past where cursor > stored_through),
whole_hour as materialized (
  ${keptIn("1h", "days_end", "hours_end")}
  union all
  select ${["place", "id", "stored_through", BAR].join(", ")} from (${ofEach(
    "(select a.*, d.day from stale_day d join asked a using (place))",
    keptOf(
      "1h",
      "bucket >= s.day and bucket < least(s.day + interval '24 hours', (select days_end from bounds))",
    ),
  )}) h),
${MINUTES_AFTER_HOURS},
stale as materialized (select place, hour from noted union ${late("whole_hour")} union ${late("minute")}),
fitting as (
  select ${PIECE} from whole_past where ${IS_FRESH_DAY}
  union all ${fresh("whole_hour")} union all ${fresh("minute")} union all ${frozen("1h", 1)})`,
};
