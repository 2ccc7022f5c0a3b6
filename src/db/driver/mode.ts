import { sql } from "./sql.ts";

/**
 * Kinds of Postgres: without TimescaleDB, with its Apache edition (Neon), with its community
 * edition.
 */
export const MODES = ["plain", "apache", "timescale"] as const;
export type DatabaseMode = (typeof MODES)[number];

/** SQL: is TimescaleDB in this database? */
export const IS_TIMESCALE = sql`exists (select from pg_extension where extname = 'timescaledb')`;
/** SQL: the licence it runs under, null without it. */
export const LICENSE = sql`current_setting('timescaledb.license', true)`;

/** SQL: the version of TimescaleDB, null without it. */
export const TIMESCALE_VERSION = sql`(select extversion from pg_extension where extname = 'timescaledb')`;

/** What {@link IS_TIMESCALE} and {@link LICENSE} say together. */
export function modeOf(isTimescale: boolean, license: unknown): DatabaseMode {
  if (!isTimescale) return "plain";
  // https://docs.tigerdata.com/about/latest/timescaledb-editions/: the setting is "apache" or
  // "timescale".
  return license === "timescale" ? "timescale" : "apache";
}
