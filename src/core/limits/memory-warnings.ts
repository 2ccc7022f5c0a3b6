/** What an operator has to know of the database. */
export type MemoryWarning =
  /** More on disk than the limit allows. */
  | "database_over_limit"
  /** Notes are many: rollups are being made right, and queries of those hours read raw data meanwhile. */
  | "rollups_stale"
  /** Data comes in, but rollups have stopped. */
  | "rollups_behind"
  /** Events came for hours whose raw data is gone, and count nowhere (SPEC K-1). */
  | "events_set_aside"
  /** This database has taken the place of another one, and rooms store again what they hold (SPEC S-8). */
  | "database_replaced"
  /** Sessions have settings that change answers, and nobody else can give them others. */
  | "session_settings"
  /** TimescaleDB is older than the versions that were tried. */
  | "timescale_old";

/** So many stale hours of a kind are more than late data makes in passing. */
const MANY_HOURS = 5_000;
/** The Keeper moves rollups on every minute in which something is stored. */
const BEHIND_US = 600_000_000;

export interface DatabaseFacts {
  bytes: number;
  /** Version of TimescaleDB, null without it. */
  timescale: string | null;
  /** Session settings that may change an answer, null where there are none. */
  unpinned: string | null;
}

export interface MemoryFacts {
  watermarkUs: number;
  rolledThroughUs: number;
  staleHours: { points: number; trades: number; posted: number };
  setAside: { points: number; trades: number };
  replacement: object | null;
}

/** One daily bar was wrong under 2.13.1, once; why was not found out. */
const TRIED_FROM = [2, 15] as const;

/** `limitBytes` 0: no limit. */
export function warningsOf(
  { bytes, timescale, unpinned }: DatabaseFacts,
  { watermarkUs, rolledThroughUs, staleHours, setAside, replacement }: MemoryFacts,
  limitBytes: number,
): MemoryWarning[] {
  const warnings: MemoryWarning[] = [];
  if (limitBytes > 0 && bytes > limitBytes) warnings.push("database_over_limit");
  if (Object.values(staleHours).some((hours) => hours >= MANY_HOURS))
    warnings.push("rollups_stale");
  if (watermarkUs - rolledThroughUs > BEHIND_US) warnings.push("rollups_behind");
  if (setAside.points + setAside.trades > 0) warnings.push("events_set_aside");
  if (replacement !== null) warnings.push("database_replaced");
  if (unpinned !== null) warnings.push("session_settings");
  if (timescale !== null && isOld(timescale)) warnings.push("timescale_old");
  return warnings;
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [triedMajor, triedMinor] = TRIED_FROM;
  return major < triedMajor || (major === triedMajor && minor < triedMinor);
}
