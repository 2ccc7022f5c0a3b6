import { identifier, join, literal, raw, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { dayOf, hourOf, minuteOf } from "../driver/sql-time.ts";

/** Columns of what imported bars give to a bucket. */
export const IMPORTED_COLUMNS = sql`symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts`;

const IMPORTED_IN = sql`imported_in`;

const LENGTHS = {
  "1 minute": { seconds: 60, bucketOf: minuteOf },
  "1 hour": { seconds: 3_600, bucketOf: hourOf },
  // Not 1 day, which has 23 hours or 25 where the session's clock is put on or back.
  "24 hours": { seconds: 86_400, bucketOf: dayOf },
} as const;
type Length = keyof typeof LENGTHS;

/** SQL: how many trades several parts of bars have; null where it is not said of all of them. */
export const SUM_OF_TRADES = sql`case when count(trades) = count(*) then sum(trades)::int8 end`;

/**
 * SQL: imported bars of a length as pieces, each with the moments it opens and closes. `where` is
 * about `p`.
 */
export const importedPieces = (length: Length, where: Sql) => sql`
select p.symbol_id, p.bucket, p.open, p.high, p.low, p.close, p.volume, p.trades,
  p.bucket as first_ts, p.bucket + interval '${raw(length)}' - interval '1 microsecond' as last_ts
from posted_bars p where p.length_s = ${literal(LENGTHS[length].seconds)} and ${where}`;

/** SQL: buckets (`symbol_id`, `bucket` of `from`) to which imported bars give nothing. */
export const nothing = (from: Sql) => sql`
select symbol_id, bucket, null::float8 as open, null::float8 as high, null::float8 as low, null::float8 as close,
  null::float8 as volume, null::int8 as trades, null::timestamptz as first_ts, null::timestamptz as last_ts
from ${from}`;

/**
 * SQL: of each bucket the rows of the first source that names it. Not by anti joins: after an
 * import both sides are long, nothing has told the planner so, and a nested loop over them would
 * take minutes.
 */
export const firstNamed = (...sources: readonly Sql[]) => sql`
select ${IMPORTED_COLUMNS} from (
  select distinct on (symbol_id, bucket) * from (
    ${join(
      sources.map((source, rank) => sql`select ${literal(rank)} as rank, s.* from (${source}) s`),
      sql` union all `,
    )}) named
  order by symbol_id, bucket, rank) first
where open is not null`;

const merged = (bars: Sql, length: Length) => sql`
select symbol_id, ${LENGTHS[length].bucketOf(sql`bucket`)} as bucket,
  (array_agg(open order by first_ts))[1] as open, max(high) as high, min(low) as low,
  (array_agg(close order by last_ts desc))[1] as close, sum(volume) as volume, ${SUM_OF_TRADES} as trades,
  min(first_ts) as first_ts, max(last_ts) as last_ts
from ${bars} group by 1, 2`;

/**
 * SQL: rows of each of the hours or days `k`, looked up by their keys; `most` is how many there can
 * be.
 */
const ofEach = (keys: Sql, rows: Sql, most?: number) =>
  sql`select r.* from ${keys} k ${byIndex(rows, sql`r`, most)}`;

const within = (column: Sql) =>
  sql`symbol_id = k.symbol_id and ${column} >= k.hour and ${column} < k.hour + interval '1 hour'`;

export interface ImportedHours {
  /** A CTE of hours and symbols (`hour`, `symbol_id`). */
  hours: Sql;
  /** For trades and their bars: which of them count. */
  isSeen: Sql;
  /**
   * SQL after `union all`: minutes in which somebody traded, beyond those of the rollups
   * (`symbol_id`, `bucket`).
   */
  moreTradedMinutes: Sql;
}

/**
 * SQL: the CTE `imported_hour`, what imported bars give to `hours`. The finest that is known counts
 * (SPEC B-4): the imported minutes in which nobody traded, or else the bar imported for the hour if
 * nobody traded in all of it.
 *
 * Where minutes are kept no more, trades that are older still tell theirs, and of an hour whose raw
 * trades are gone as well only the first and the last are known: a minute between those counts as
 * traded in, for nothing may count twice.
 */
export function importedHours({ hours, isSeen, moreTradedMinutes }: ImportedHours): Sql {
  const minutes = importedPieces("1 minute", sql`p.${within(sql`p.bucket`)}`);
  const whole = importedPieces("1 hour", sql`p.symbol_id = k.symbol_id and p.bucket = k.hour`);
  const withoutMinutes = sql`(select * from imported_in where hour < (select minutes_from from tape_state))`;
  const ofBoth = (rows: (part: "live" | "past") => Sql) =>
    sql`${rows("live")} union all ${rows("past")}`;
  return sql`
imported_in as materialized (
  select hour, symbol_id from ${hours} k where exists (${minutes}) or exists (${whole})),
imported_piece as materialized (${ofEach(IMPORTED_IN, minutes, 60)}),
imported_whole as materialized (${ofEach(IMPORTED_IN, whole, 1)}),
traded_minute as materialized (
  ${ofBoth((part) =>
    ofEach(
      IMPORTED_IN,
      sql`select symbol_id, bucket from ${identifier(`bars_1m_${part}`)} where ${within(sql`bucket`)} and ${isSeen}`,
      60,
    ),
  )}
  union all
  ${ofEach(withoutMinutes, sql`select symbol_id, ${minuteOf(sql`ts`)} as bucket from trades_past where ${within(sql`ts`)} and ${isSeen}`)}
  union all
  ${ofEach(
    withoutMinutes,
    sql`select symbol_id, generate_series(${minuteOf(sql`first_ts`)}, last_ts, interval '1 minute') as bucket
    from bars_1h_live where symbol_id = k.symbol_id and bucket = k.hour`,
    60,
  )}
  ${moreTradedMinutes}),
traded_hour as materialized (
  ${ofBoth((part) =>
    ofEach(
      IMPORTED_IN,
      sql`select symbol_id, bucket from ${identifier(`bars_1h_${part}`)}
      where symbol_id = k.symbol_id and bucket = k.hour and ${isSeen}`,
      1,
    ),
  )}
  union all
  select symbol_id, ${hourOf(sql`bucket`)} from traded_minute),
imported_minute as materialized (${firstNamed(nothing(sql`traded_minute`), sql`select * from imported_piece`)}),
imported_hour as materialized (${firstNamed(
    merged(sql`imported_minute`, "1 hour"),
    nothing(sql`traded_hour`),
    sql`select * from imported_whole`,
  )})`;
}

/**
 * SQL, after {@link importedHours}: the CTEs `imported_day_of` (`day`, `symbol_id`), the days of
 * those hours, and `imported_day`, what imported bars give to them: their hours, or else the bar
 * imported for the day if nobody traded in all of it.
 *
 * @param traded rows of days in which somebody traded (`symbol_id`, `bucket`)
 */
export function importedDays(hours: Sql, traded: Sql): Sql {
  return sql`
imported_day_of as materialized (select distinct ${dayOf(sql`hour`)} as day, symbol_id from ${hours}),
imported_hour_of_day as materialized (${firstNamed(
    sql`select * from imported_hour`,
    nothing(sql`(select symbol_id, hour as bucket from ${hours}) h`),
    ofEach(
      sql`imported_day_of`,
      sql`select ${IMPORTED_COLUMNS} from bars_1h_posted
      where symbol_id = k.symbol_id and bucket >= k.day and bucket < k.day + interval '24 hours'`,
      24,
    ),
  )}),
imported_day as materialized (${firstNamed(
    merged(sql`imported_hour_of_day`, "24 hours"),
    nothing(sql`(${traded}) t`),
    ofEach(
      sql`imported_day_of`,
      importedPieces("24 hours", sql`p.symbol_id = k.symbol_id and p.bucket = k.day`),
      1,
    ),
  )})`;
}
