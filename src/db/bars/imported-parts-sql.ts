import type { BarLength } from "../../core/answers/rollup-choice.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { bucketOf, dayOf, hourOf, minuteOf } from "../driver/sql-time.ts";
import type { BarsParams } from "./bars-params.ts";
import {
  firstNamed,
  IMPORTED_COLUMNS,
  importedDays,
  importedHours,
  importedPieces,
  nothing,
} from "./imported-bars-sql.ts";

/*
 * The share of imported bars in the statement of `readBars`, after the CTEs of `rolledBars` that it
 * names.
 */

/**
 * SQL: buckets in which somebody traded, as parts and the tail tell, of those whose `key` is among
 * `rows`: as a rule there are none of them, and then no part is read, which the planner must be
 * told. Every trade is in some part, so of those in no rollup at least the first of each minute.
 */
const traded = (bucket: (moment: Sql) => Sql, key: Sql, rows: Sql) => sql`
  select symbol_id, bucket from (
    select a.id as symbol_id, ${bucket(sql`first_ts`)} as bucket
    from (select place, first_ts from whole_part union all select place, first_ts from piece) p join asked a using (place)
    union all
    select a.id, ${bucket(sql`ts`)} from tail join asked a using (place)) t
  where exists (${rows}) and (symbol_id, ${key}) in (${rows})`;

/**
 * Hours whose part of imported bars is made anew for this query: those the Keeper has yet to look
 * at, those with trades that are not rolled up or later than what is stored through, and those
 * after all that is rolled up. As a rule there are few, which an array makes the planner believe;
 * it would guess a part of all bars imported.
 */
const anew = ({ from, to, lengthUs }: BarsParams, lengths: Sql) => sql`
anew as materialized (
  select x.hour, s.id as symbol_id from asked s cross join lateral (
    select unnest(array(
      select hour from stale_posted where symbol_id = s.id and hour >= ${from} and hour < ${to}
      union
      select hour from stale where place = s.place
      union
      select ${hourOf(sql`bucket`)} from posted_bars
      where symbol_id = s.id and length_s in (${lengths})
        and bucket >= (select ${bucketOf(sql`minutes_end`, lengthUs)} from bounds) and bucket < ${to})) as hour) x),
${importedHours({
  hours: sql`anew`,
  isSeen: sql`cursor <= (select a.stored_through from asked a where a.id = symbol_id)`,
  moreTradedMinutes: sql`union all ${traded(minuteOf, hourOf(sql`bucket`), sql`select symbol_id, hour from imported_in`)}`,
})}`;

/**
 * SQL, to be followed by more: what imported bars give to those hours and their days. So an answer
 * is exact up to its cursor as soon as a bar is imported or a trade comes where one was, and never
 * waits for the Keeper.
 */
export function importedAnew(params: BarsParams, length: BarLength): Sql {
  const { from, to } = params;
  switch (length) {
    case "1m":
      return sql`
imported_piece as materialized (${ofAsked(importedPieces("1 minute", sql`p.symbol_id = s.id and p.bucket >= ${from} and p.bucket < ${to}`))}),`;
    case "1h":
      return sql`${anew(params, sql`60, 3600`)},`;
    case "1d":
      return sql`${anew(params, sql`60, 3600, 86400`)},
${importedDays(sql`anew`, traded(dayOf, sql`bucket`, sql`select symbol_id, day from imported_day_of`))},`;
  }
}

/**
 * SQL: parts of bars. An imported minute counts where nobody traded; most of the rest the Keeper
 * has made ready.
 */
export function importedPart(params: BarsParams, length: BarLength): Sql {
  return sql`
  select a.place, ${bucketOf(sql`bucket`, params.lengthUs)}, first_ts, last_ts, high, low, volume, trades, 1, open, close
  from (${rowsOf(params, length)}) imported join asked a on a.id = imported.symbol_id`;
}

function rowsOf({ from, to }: BarsParams, length: BarLength): Sql {
  const ready = (bars: Sql) =>
    ofAsked(
      sql`select ${IMPORTED_COLUMNS} from ${bars} where symbol_id = s.id and bucket >= ${from} and bucket < ${to}`,
    );
  switch (length) {
    case "1m":
      return firstNamed(
        nothing(
          sql`(${traded(minuteOf, sql`bucket`, sql`select symbol_id, bucket from imported_piece`)}) t`,
        ),
        sql`select * from imported_piece`,
      );
    case "1h":
      return firstNamed(
        sql`select * from imported_hour`,
        nothing(sql`(select symbol_id, hour as bucket from anew) hours`),
        ready(sql`bars_1h_posted`),
      );
    case "1d":
      return firstNamed(
        sql`select * from imported_day`,
        nothing(sql`(select symbol_id, day as bucket from imported_day_of) days`),
        ready(sql`bars_1d_posted`),
      );
  }
}

const ofAsked = (rows: Sql) => sql`select x.* from asked s ${byIndex(rows, sql`x`)}`;
