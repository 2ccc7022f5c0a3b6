import { DAY_US, floorUs, HOUR_US, MINUTE_US } from "../../../core/time/duration.ts";
import type { EpochUs } from "../../../protocol/words/time.ts";
import { type Sql, sql } from "../../driver/sql.ts";
import { byIndex } from "../../driver/sql-plan.ts";
import { dayOf, epochUsOf, hourOf, momentOf, timestampOf } from "../../driver/sql-time.ts";
import { POINT_ROLLUP_COLUMNS, pointRollup, SETTLE_POINT_ROLLUP } from "./point-rollups.ts";
import { BAR_COLUMNS, mergeBars, SETTLE_BAR, tradeRollup } from "./trade-rollups.ts";

/**
 * Statements of one transaction that make the minutes of [fromUs, toUs), each of which says how many
 * it made (`made`). `toUs` is at most the watermark, so whatever comes into the range later leaves
 * an invalidation.
 */
export function rollMinutes(fromUs: EpochUs, toUs: EpochUs): Sql[] {
  const isWithin = withinOf({ fromUs: floorUs(fromUs, MINUTE_US), toUs: floorUs(toUs, MINUTE_US) });
  const points = sql`
insert into metrics_1m_live (${POINT_ROLLUP_COLUMNS})
${pointRollup(ofEach(sql`series s`, sql`points`, sql`series_id`, isWithin, sql`p`), MINUTE_US)}
order by series_id, bucket ${SETTLE_POINT_ROLLUP} returning 1`;
  const trades = sql`
insert into bars_1m_live (${BAR_COLUMNS})
${tradeRollup(ofEach(sql`symbols s`, sql`trades_live`, sql`symbol_id`, isWithin, sql`t`), MINUTE_US)}
order by symbol_id, bucket ${SETTLE_BAR} returning 1`;
  return [points, trades].map(
    (insert) => sql`with made as (${insert}) select count(*)::int4 as made from made`,
  );
}

/**
 * SQL: makes the hour of at most so many series that have minutes in it and no hour yet. An hour is
 * read from raw points, as its percentiles can be had from nothing else: thousands of points a
 * series, so an hour of all series may be more than one statement may do. What is made says how far
 * this is, whoever ends in the middle.
 */
export const rollHourOfPoints = (hourUs: number, most: number): Sql =>
  step(most, {
    unmade: unmade({
      ...{ keys: sql`series`, key: sql`series_id`, startUs: hourUs, endUs: hourUs + HOUR_US },
      ...{ parts: sql`metrics_1m_live`, whole: sql`metrics_1h_live` },
    }),
    make: sql`
insert into metrics_1h_live (${POINT_ROLLUP_COLUMNS})
${pointRollup(
  ofEach(sql`unmade s`, sql`points`, sql`series_id`, hourOfUs(hourUs), sql`p`),
  HOUR_US,
)} order by series_id, bucket ${SETTLE_POINT_ROLLUP}`,
  });

/** SQL: the same of trades, by symbol. */
export const rollHourOfTrades = (hourUs: number, most: number): Sql =>
  step(most, {
    unmade: unmade({
      ...{ keys: sql`symbols`, key: sql`symbol_id`, startUs: hourUs, endUs: hourUs + HOUR_US },
      ...{ parts: sql`bars_1m_live`, whole: sql`bars_1h_live` },
    }),
    make: sql`
insert into bars_1h_live (${BAR_COLUMNS})
${tradeRollup(
  ofEach(sql`unmade s`, sql`trades_live`, sql`symbol_id`, hourOfUs(hourUs), sql`t`),
  HOUR_US,
)} order by symbol_id, bucket ${SETTLE_BAR}`,
  });

/** SQL: the same of a day, which is made of its hours: all of those are there. */
export const rollDay = (dayUs: number, most: number): Sql =>
  step(most, {
    unmade: unmade({
      ...{ keys: sql`symbols`, key: sql`symbol_id`, startUs: dayUs, endUs: dayUs + DAY_US },
      ...{ parts: sql`bars_1h_live`, whole: sql`bars_1d_live` },
    }),
    make: sql`
insert into bars_1d_live (${BAR_COLUMNS})
${mergeBars(
  sql`unmade s ${byIndex(
    sql`select * from bars_1h_live where symbol_id = s.id and ${withinOf({ fromUs: dayUs, toUs: dayUs + DAY_US })(sql`bucket`)}`,
    sql`b`,
  )}`,
  DAY_US,
)} ${SETTLE_BAR}`,
  });

/** SQL: the first moment at which anything is stored in the range; null where nothing is. */
export function selectFirstEvent(fromUs: number, toUs: number): Sql {
  const isWithin = withinOf({ fromUs, toUs });
  const first = (keys: Sql, raw: Sql, key: Sql) => sql`
  select e.ts from ${keys} s ${byIndex(
    sql`select ts from ${raw} where ${key} = s.id and ${isWithin(sql`ts`)} order by ts limit 1`,
    sql`e`,
  )}`;
  return sql`
select ${epochUsOf(sql`min(ts)`)} as first_us from (
  ${first(sql`series`, sql`points`, sql`series_id`)}
  union all
  ${first(sql`symbols`, sql`trades_live`, sql`symbol_id`)}) f`;
}

/** SQL: is a moment in the range? */
type Within = (moment: Sql) => Sql;

function withinOf({ fromUs, toUs }: { fromUs: number; toUs: number }): Within {
  const [from, to] = [momentOf(fromUs), momentOf(toUs)];
  return (moment) => sql`${moment} >= ${from} and ${moment} < ${to}`;
}

const hourOfUs = (hourUs: number) => withinOf({ fromUs: hourUs, toUs: hourUs + HOUR_US });

/**
 * SQL: rows of a range, of each series (or symbol) by the primary key: there is no index by time
 * alone, and a week of everything is long.
 */
const ofEach = (keys: Sql, raw: Sql, key: Sql, isWithin: Within, name: Sql): Sql =>
  sql`${keys} ${byIndex(sql`select * from ${raw} where ${key} = s.id and ${isWithin(sql`ts`)}`, name)}`;

interface Unmade {
  keys: Sql;
  key: Sql;
  startUs: number;
  endUs: number;
  /** Table of the shorter rollups. */
  parts: Sql;
  /** Table of the longer one. */
  whole: Sql;
}

/** SQL: ids of those that have parts in a bucket, and the bucket not yet. */
function unmade({ keys, key, startUs, endUs, parts, whole }: Unmade): Sql {
  const start = momentOf(startUs);
  return sql`
  select s.id from ${keys} s ${byIndex(
    sql`select from ${parts} m
    where m.${key} = s.id and m.bucket >= ${start} and m.bucket < ${momentOf(endUs)}
      and not exists (select from ${whole} r where r.${key} = s.id and r.bucket = ${start})
    limit 1`,
    sql`u`,
  )}`;
}

const step = (most: number, { unmade, make }: { unmade: Sql; make: Sql }): Sql => sql`
with unmade as materialized (${unmade} limit ${most}),
made as (${make})
select count(*)::int4 as taken from unmade`;

export const setRolledThrough = (throughUs: EpochUs): Sql => sql`
update tape_state set rolled_through = greatest(rolled_through, ${timestampOf(sql`${throughUs}`)})`;

/**
 * Invalidates the hours of a range for which bars had been imported and trades have come since; its
 * bars have just been rolled up.
 */
export function invalidateImportedOf(fromUs: EpochUs, toUs: EpochUs): Sql {
  const isWithin = withinOf({ fromUs, toUs });
  return sql`
insert into stale_posted (hour, symbol_id)
select distinct ${hourOf(sql`p.bucket`)}, p.symbol_id
from symbols y
${byIndex(sql`select * from bars_1m_live where symbol_id = y.id and ${isWithin(sql`bucket`)}`, sql`b`)}
join posted_bars p on p.symbol_id = b.symbol_id and (
  p.length_s = 60 and p.bucket = b.bucket
  or p.length_s = 3600 and p.bucket = ${hourOf(sql`b.bucket`)}
  or p.length_s = 86400 and p.bucket = ${dayOf(sql`b.bucket`)})`;
}
