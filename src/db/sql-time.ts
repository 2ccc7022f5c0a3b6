// Times are integer microseconds outside and timestamptz inside. Both directions are exact to the microsecond (held by
// a test): into Postgres through float8 seconds, which round right from 1880 to 2106; out of it through numeric.

/** SQL: the timestamptz of integer microseconds. */
export function timestampOf(us: string): string {
  return `to_timestamp(${us}::int8 / 1000000::float8)`;
}

/** SQL: integer microseconds of a timestamptz, as bigint. */
export function epochUsOf(timestamp: string): string {
  return `(extract(epoch from ${timestamp}) * 1000000)::int8`;
}

/** SQL: the start of the bucket that holds `timestamp`; buckets are whole multiples of `lengthUs` since the epoch. */
export function bucketOf(timestamp: string, lengthUs: string): string {
  return `date_bin(${lengthUs}::int8 * interval '1 microsecond', ${timestamp}, timestamptz '1970-01-01 00:00:00+00')`;
}
