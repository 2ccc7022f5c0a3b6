import { DAY_US, floorUs, HOUR_US, MINUTE_US } from "../../../core/duration.ts";
import type { EpochUs } from "../../../protocol/time.ts";
import { identifier, type Sql, sql } from "../../driver/sql.ts";
import { byIndex } from "../../driver/sql-plan.ts";
import { dayOf, hourOf, momentOf, timestampOf } from "../../driver/sql-time.ts";
import { POINT_ROLLUP_COLUMNS, pointRollup, SETTLE_POINT_ROLLUP } from "./point-rollups.ts";
import { BAR_COLUMNS, mergeBars, SETTLE_BAR, tradeRollup } from "./trade-rollups.ts";

/**
 * Statements of one transaction that make the rollups of [fromUs, toUs): minutes, and the hours and
 * days that are over by its end. `toUs` is at most the watermark, so whatever comes into the range
 * later leaves an invalidation.
 */
export function rollForward(fromUs: EpochUs, toUs: EpochUs): Sql[] {
  const minutes = { fromUs: floorUs(fromUs, MINUTE_US), toUs: floorUs(toUs, MINUTE_US) };
  const hours = { fromUs: floorUs(fromUs, HOUR_US), toUs: floorUs(toUs, HOUR_US) };
  const days = { fromUs: floorUs(fromUs, DAY_US), toUs: floorUs(toUs, DAY_US) };
  return [
    { make: pointsOf("metrics_1m_live", MINUTE_US), range: minutes },
    { make: pointsOf("metrics_1h_live", HOUR_US), range: hours },
    { make: tradesOf("bars_1m_live", MINUTE_US), range: minutes },
    { make: tradesOf("bars_1h_live", HOUR_US), range: hours },
    { make: daysOf, range: days },
  ].flatMap(({ make, range }) => (range.fromUs < range.toUs ? [make(withinOf(range))] : []));
}

/** SQL: is a moment in the range? */
type Within = (moment: Sql) => Sql;

function withinOf({ fromUs, toUs }: { fromUs: number; toUs: number }): Within {
  const [from, to] = [momentOf(fromUs), momentOf(toUs)];
  return (moment) => sql`${moment} >= ${from} and ${moment} < ${to}`;
}

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

// Each series by the primary key: there is no index by time alone, and a week of everything is
// long. In the order of the key, so that what a step makes of a series lies together, and is read
// together.
const pointsOf = (rollup: string, lengthUs: number) => (isWithin: Within) =>
  sql`
insert into ${identifier(rollup)} (${POINT_ROLLUP_COLUMNS})
${pointRollup(
  sql`series s ${byIndex(sql`select * from points where series_id = s.id and ${isWithin(sql`ts`)}`, sql`p`)}`,
  lengthUs,
)} order by series_id, bucket ${SETTLE_POINT_ROLLUP}`;

const tradesOf = (rollup: string, lengthUs: number) => (isWithin: Within) =>
  sql`
insert into ${identifier(rollup)} (${BAR_COLUMNS})
${tradeRollup(
  sql`symbols y ${byIndex(sql`select * from trades_live where symbol_id = y.id and ${isWithin(sql`ts`)}`, sql`t`)}`,
  lengthUs,
)} order by symbol_id, bucket ${SETTLE_BAR}`;

const daysOf = (isWithin: Within) => sql`
insert into bars_1d_live (${BAR_COLUMNS})
${mergeBars(
  sql`symbols y ${byIndex(sql`select * from bars_1h_live where symbol_id = y.id and ${isWithin(sql`bucket`)}`, sql`b`)}`,
  DAY_US,
)} ${SETTLE_BAR}`;
