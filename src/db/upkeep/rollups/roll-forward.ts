import { DAY_US, floorUs, HOUR_US, MINUTE_US } from "../../../core/duration.ts";
import type { EpochUs } from "../../../protocol/time.ts";
import type { Statement } from "../../driver/database.ts";
import { byIndex } from "../../driver/sql-plan.ts";
import { dayOf, hourOf, momentText, timestampOf } from "../../driver/sql-time.ts";
import { POINT_ROLLUP_COLUMNS, pointRollup, SETTLE_POINT_ROLLUP } from "./point-rollups.ts";
import { BAR_COLUMNS, mergeBars, SETTLE_BAR, tradeRollup } from "./trade-rollups.ts";

/**
 * Statements of one transaction that make the rollups of [fromUs, toUs): minutes, and the hours and days that are over by
 * its end. `toUs` is at most the watermark, so whatever comes into the range later is noted as stale.
 */
export function rollForward(fromUs: EpochUs, toUs: EpochUs): Statement[] {
  const minutes = { fromUs: floorUs(fromUs, MINUTE_US), toUs: floorUs(toUs, MINUTE_US) };
  const hours = { fromUs: floorUs(fromUs, HOUR_US), toUs: floorUs(toUs, HOUR_US) };
  const days = { fromUs: floorUs(fromUs, DAY_US), toUs: floorUs(toUs, DAY_US) };
  return [
    { text: POINTS("metrics_1m_live", MINUTE_US), range: minutes },
    { text: POINTS("metrics_1h_live", HOUR_US), range: hours },
    { text: TRADES("bars_1m_live", MINUTE_US), range: minutes },
    { text: TRADES("bars_1h_live", HOUR_US), range: hours },
    { text: DAYS, range: days },
  ].flatMap(({ text, range }) =>
    range.fromUs < range.toUs ? [{ text, params: momentsOf(range) }] : [],
  );
}

function momentsOf({ fromUs, toUs }: { fromUs: number; toUs: number }): string[] {
  return [momentText(fromUs), momentText(toUs)];
}

export const SET_ROLLED_THROUGH = `
update tape_state set rolled_through = greatest(rolled_through, ${timestampOf("$1")})`;

/** Notes the hours of a range in which bars had been posted and trades have come since; its bars have just been rolled up. */
export function notePostedOfRange(fromUs: EpochUs, toUs: EpochUs): Statement {
  return { text: NOTE_POSTED_OF_RANGE, params: momentsOf({ fromUs, toUs }) };
}

const RANGE_OF = (moment: string) => `${moment} >= $1::timestamptz and ${moment} < $2::timestamptz`;

const NOTE_POSTED_OF_RANGE = `
insert into stale_posted (hour, symbol_id)
select distinct ${hourOf("p.bucket")}, p.symbol_id
from symbols y
${byIndex(`select * from bars_1m_live where symbol_id = y.id and ${RANGE_OF("bucket")}`, "b")}
join posted_bars p on p.symbol_id = b.symbol_id and (
  p.length_s = 60 and p.bucket = b.bucket
  or p.length_s = 3600 and p.bucket = ${hourOf("b.bucket")}
  or p.length_s = 86400 and p.bucket = ${dayOf("b.bucket")})`;

// Each series by the primary key: there is no index by time alone, and a week of everything is long. In the order of the key, so
// that what a step makes of a series lies together, and is read together.
const POINTS = (rollup: string, lengthUs: number) => `
insert into ${rollup} (${POINT_ROLLUP_COLUMNS})
${pointRollup(
  `series s ${byIndex(`select * from points where series_id = s.id and ${RANGE_OF("ts")}`, "p")}`,
  lengthUs,
)} order by series_id, bucket ${SETTLE_POINT_ROLLUP}`;

const TRADES = (rollup: string, lengthUs: number) => `
insert into ${rollup} (${BAR_COLUMNS})
${tradeRollup(
  `symbols y ${byIndex(`select * from trades_live where symbol_id = y.id and ${RANGE_OF("ts")}`, "t")}`,
  lengthUs,
)} order by symbol_id, bucket ${SETTLE_BAR}`;

const DAYS = `
insert into bars_1d_live (${BAR_COLUMNS})
${mergeBars(
  `symbols y ${byIndex(`select * from bars_1h_live where symbol_id = y.id and ${RANGE_OF("bucket")}`, "b")}`,
  DAY_US,
)} ${SETTLE_BAR}`;
