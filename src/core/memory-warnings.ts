/** What an operator has to know of the database. */
export type MemoryWarning =
  /** More on disk than the limit allows. */
  | "database_over_limit"
  /** Notes are many: rollups are being made right, and queries of those hours read raw data meanwhile. */
  | "rollups_stale"
  /** Data comes in, but rollups have stopped. */
  | "rollups_behind"
  /** Events came for hours whose raw data is gone, and count nowhere (SPEC K-1). */
  | "events_set_aside";

/** So many stale hours of a kind are more than late data makes in passing. */
const MANY_HOURS = 5_000;
/** The Keeper moves rollups on every minute in which something is stored. */
const BEHIND_US = 600_000_000;

export interface MemoryFacts {
  watermarkUs: number;
  rolledThroughUs: number;
  staleHours: { points: number; trades: number; posted: number };
  setAside: { points: number; trades: number };
}

/** `limitBytes` 0: no limit. */
export function warningsOf(
  { bytes }: { bytes: number },
  { watermarkUs, rolledThroughUs, staleHours, setAside }: MemoryFacts,
  limitBytes: number,
): MemoryWarning[] {
  const warnings: MemoryWarning[] = [];
  if (limitBytes > 0 && bytes > limitBytes) warnings.push("database_over_limit");
  if (Object.values(staleHours).some((hours) => hours >= MANY_HOURS))
    warnings.push("rollups_stale");
  if (watermarkUs - rolledThroughUs > BEHIND_US) warnings.push("rollups_behind");
  if (setAside.points + setAside.trades > 0) warnings.push("events_set_aside");
  return warnings;
}
