import { rfc3339Of } from "../../core/time/civil-time.ts";
import { DAY_US, HOUR_US, MINUTE_US } from "../../core/time/duration.ts";
import { literal, param, type Sql, sql } from "./sql.ts";

// Times are integer microseconds outside and timestamptz inside, exact to the microsecond in both
// directions (held by a test). Not through to_timestamp: its seconds are a double, which is a
// microsecond off for some moments before 1930.

/** SQL: the timestamptz of integer microseconds. */
export function timestampOf(us: Sql): Sql {
  return sql`(timestamptz '1970-01-01 00:00:00+00' + ${us}::int8 * interval '1 microsecond')`;
}

/** SQL: integer microseconds of a timestamptz, as bigint. */
export function epochUsOf(timestamp: Sql): Sql {
  return sql`(extract(epoch from ${timestamp}) * 1000000)::int8`;
}

/**
 * SQL: the start of the bucket that holds `timestamp`; buckets are whole multiples of `lengthUs`
 * since the epoch.
 */
export function bucketOf(timestamp: Sql, lengthUs: Sql): Sql {
  return sql`date_bin(${lengthUs}::int8 * interval '1 microsecond', ${timestamp}, timestamptz '1970-01-01 00:00:00+00')`;
}

/** SQL: the starts of the minute, the hour and the day that hold `timestamp`. */
export const minuteOf = (timestamp: Sql) => bucketOf(timestamp, literal(MINUTE_US));
export const hourOf = (timestamp: Sql) => bucketOf(timestamp, literal(HOUR_US));
export const dayOf = (timestamp: Sql) => bucketOf(timestamp, literal(DAY_US));

/**
 * SQL: a moment as the text of one parameter. Where rows are chosen by it, rather this than {@link
 * timestampOf}: Postgres adds intervals only when it executes, and a plan whose range is unknown
 * has every partition in it, which costs more than the query.
 */
export const momentOf = (us: number) => sql`${param(rfc3339Of(us))}::timestamptz`;
