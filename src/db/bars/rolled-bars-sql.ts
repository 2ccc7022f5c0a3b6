import type { BarLength } from "../../core/answers/rollup-choice.ts";
import { identifier, identifiers, join, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { bucketOf, dayOf, hourOf, minuteOf } from "../driver/sql-time.ts";
import type { BarsParams, MomentRange } from "./bars-params.ts";
import { importedAnew, importedPart } from "./imported-parts-sql.ts";
import { ofEach, tradesOf } from "./stored-trades-sql.ts";

const bar = (origin: Sql) =>
  sql`bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor, ${origin}`;
const piece = (bucket: Sql) =>
  sql`place, ${bucket}, first_ts, last_ts, high, low, volume, trades, origin, open, close`;
const PIECE = piece(sql`bucket`);
const KEPT_FROM = sql`kept_from`;

/**
 * SQL: the CTEs `whole_part` and `other_part`, parts of bars as `selectBars` puts them together.
 * Those of `whole_part` are rolled-up bars of `length`, as far as they go: of origin 0, one a
 * bucket, as a rule nearly all there is, and without columns that are not asked for. Those of
 * `other_part` are shorter rolled-up bars and at last trades for the rest, and imported bars. What
 * is not over is not rolled up, a day with a stale hour is made of its hours, and a stale hour of
 * its trades. A rolled-up bar that holds something later than what is stored through is stale for
 * this query. The range is whole buckets of `length`.
 */
export function rolledBars(params: BarsParams, length: BarLength, columns: readonly string[]): Sql {
  const { from, to, lengthUs } = params;
  const read = identifiers(["bucket", "first_ts", "last_ts", ...columns]);
  const [wholeEnd, isFresh] = WHOLE[length];
  return sql`
bounds as materialized (
  select raw_from, ${length === "1m" ? sql`least(${to}, greatest(${from}, minutes_from))` : from} as kept_from,
    least(${to}, greatest(${from}, ${dayOf(sql`rolled_through`)})) as days_end,
    least(${to}, greatest(${from}, ${hourOf(sql`rolled_through`)})) as hours_end,
    least(${to}, greatest(${from}, ${minuteOf(sql`rolled_through`)})) as minutes_end
  from tape_state),
${invalidatedHours(params)},
whole as materialized (
  select s.place, x.* from asked s ${byIndex(
    sql`
    select ${read}, cursor > s.stored_through as is_late from ${identifier(`bars_${length}_live`)}
    where symbol_id = s.id and bucket >= ${from} and bucket < ${to} and ${most(KEPT_FROM, wholeEnd)}`,
    sql`x`,
  )}),
whole_past as materialized (${rolledIn(params, length, KEPT_FROM, wholeEnd, ["past"])}),
${SHORTER[length](params)},
whole_part as not materialized (select place, ${read}, 0 as origin from whole where ${isFresh}),
span as materialized (
  select * from (
    select a.*, ${from} as from_ts, kept_from as to_ts from asked a, bounds
    union all
    select a.*, greatest(kept_from, minutes_end), ${to} from asked a, bounds
    union all
    select a.*, greatest(s.hour, kept_from), least(s.hour + interval '1 hour', minutes_end)
    from stale s join asked a using (place), bounds) s
  where from_ts < to_ts),
fresh_trade as (${ofEach(sql`span`, tradesOf(params, sql`ts >= s.from_ts and ts < s.to_ts`))}),
piece as (
  select ${PIECE} from fitting
  union all
  select place, ${minuteOf(sql`ts`)}, min(ts), max(ts), max(price), min(price), sum(size), count(*), 2,
    (array_agg(price order by ts, cursor, ordinal))[1], (array_agg(price order by ts desc, cursor desc, ordinal desc))[1]
  from fresh_trade group by 1, 2),
${importedAnew(params, length)}
other_part as (
  select ${piece(sql`${bucketOf(sql`bucket`, lengthUs)} as bucket`)} from piece
  union all
  ${importedPart(params, length)})`;
}

const invalidatedHours = ({ from }: MomentRange) => sql`
invalidated as materialized (
  select a.place, n.hour from asked a join stale_trades n on n.symbol_id = a.id
  where n.hour >= ${hourOf(from)} and n.hour < (select minutes_end from bounds)
  union
  select place, ${hourOf(sql`ts`)} from tail where ts < (select minutes_end from bounds))`;

/**
 * Rolled-up bars of the live table and of the past. A bucket can have a part in both: they are put
 * together like any others, and at the same moment that of the past is later.
 */
const rolledOf = (
  { from, to }: MomentRange,
  bars: string,
  isWithin: Sql,
  tables: readonly string[] = ["live", "past"],
) =>
  join(
    tables.map(
      (table) => sql`
    select ${bar(table === "live" ? sql`1 as origin` : sql`2 as origin`)} from ${identifier(`bars_${bars}_${table}`)}
    where symbol_id = s.id and bucket >= ${from} and bucket < ${to} and ${isWithin}`,
    ),
    sql` union all `,
  );

const between = (from: Sql, to: Sql) =>
  sql`bucket >= (select ${from} from bounds) and bucket < (select ${to} from bounds)`;

/** The same where it is nearly all of the range: see `candidates` in rolled-parts-sql.ts. */
const most = (from: Sql, to: Sql) => sql`case when ${between(from, to)} then true else false end`;

const rolledIn = (
  range: MomentRange,
  bars: string,
  from: Sql,
  to: Sql,
  tables?: readonly string[],
) => ofEach(sql`asked`, rolledOf(range, bars, between(from, to), tables));

/**
 * NOT IN, for that is a hash whatever the planner expects; neither column is ever null. As a rule
 * there is nothing to look for.
 */
const IS_FRESH = sql`(not exists (select from stale) or (place, ${hourOf(sql`bucket`)}) not in (select place, hour from stale))`;
const IS_FRESH_DAY = sql`(place, bucket) not in (select place, day from stale_day)`;

/** Where bars of a length end that are whole, and which of them may stand for their trades. */
const WHOLE: Record<BarLength, [end: Sql, isFresh: Sql]> = {
  "1m": [sql`minutes_end`, IS_FRESH],
  "1h": [sql`hours_end`, IS_FRESH],
  "1d": [sql`days_end`, IS_FRESH_DAY],
};

const fresh = (bars: string) => sql`select ${PIECE} from ${identifier(bars)} where ${IS_FRESH}`;

/**
 * Of an hour whose raw trades are gone the rolled-up bar is all there is, and right; what came
 * since is in trades_past.
 */
const frozen = ({ from, to }: MomentRange, bars: string, origin: Sql) => sql`
  select ${PIECE} from (${ofEach(
    sql`(select a.*, n.hour from stale n join asked a using (place) where n.hour < (select raw_from from bounds))`,
    sql`
    select ${bar(origin)} from ${identifier(`bars_${bars}_live`)}
    where symbol_id = s.id and bucket >= ${from} and bucket < ${to}
      and bucket >= greatest(s.hour, (select kept_from from bounds)) and bucket < s.hour + interval '1 hour'`,
  )}) f`;

const minutesAfterHours = (range: MomentRange) => sql`
minute as materialized (${rolledIn(range, "1m", sql`hours_end`, sql`minutes_end`)})`;

const late = (bars: string) =>
  sql`select place, ${hourOf(sql`bucket`)} from ${identifier(bars)} where cursor > stored_through`;
const LATE_WHOLE = sql`select place, ${hourOf(sql`bucket`)} from whole where is_late union ${late("whole_past")}`;

const SHORTER: Record<BarLength, (range: MomentRange) => Sql> = {
  "1m": (range) => sql`
stale as materialized (select place, hour from invalidated union ${LATE_WHOLE}),
fitting as (${fresh("whole_past")} union all ${frozen(range, "1m", sql`0 as origin`)})`,

  "1h": (range) => sql`
${minutesAfterHours(range)},
stale as materialized (select place, hour from invalidated union ${LATE_WHOLE} union ${late("minute")}),
fitting as (${fresh("whole_past")} union all ${fresh("minute")} union all ${frozen(range, "1h", sql`0 as origin`)})`,

  "1d": (range) => sql`
stale_day as materialized (
  select place, ${dayOf(sql`hour`)} as day from invalidated
  union select place, bucket from whole where is_late
  union select place, bucket from whole_past where cursor > stored_through),
whole_hour as materialized (
  ${rolledIn(range, "1h", sql`days_end`, sql`hours_end`)}
  union all
  select place, id, stored_through, ${bar(sql`origin`)} from (${ofEach(
    sql`(select a.*, d.day from stale_day d join asked a using (place))`,
    rolledOf(
      range,
      "1h",
      sql`bucket >= s.day and bucket < least(s.day + interval '24 hours', (select days_end from bounds))`,
    ),
  )}) h),
${minutesAfterHours(range)},
stale as materialized (select place, hour from invalidated union ${late("whole_hour")} union ${late("minute")}),
fitting as (
  select ${PIECE} from whole_past where ${IS_FRESH_DAY}
  union all ${fresh("whole_hour")} union all ${fresh("minute")} union all ${frozen(range, "1h", sql`1 as origin`)})`,
};
