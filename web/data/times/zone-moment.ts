import type { ZoneId } from "./times.ts";
import { zoneOf } from "./zone-offset.ts";

const DAY_MS = 86_400_000;

/**
 * The moment, in microseconds, at which clocks of `zone` show `text`, written as a browser's field of a day and a time has it; null where it is none.
 * Of an hour that clocks show twice it is the first, and of one that they pass over it is as much later.
 */
export function momentOf(text: string, zone: ZoneId): number | null {
  const wallMs = msOf(`${text}Z`);
  if (wallMs === null) return null;
  const offsetAt = zoneOf(zone);
  // Clocks are not set twice within two days, so the moment has one of these offsets.
  const [before, after] = [offsetAt(wallMs - DAY_MS), offsetAt(wallMs + DAY_MS)];
  const [early, late] = [wallMs - before, wallMs - after];
  const isEarly = offsetAt(early) === before || offsetAt(late) !== after;
  return (isEarly ? early : late) * 1_000;
}

/** What such a field is given for a moment in microseconds, to the second that is nearest. */
export function fieldText(us: number, zone: ZoneId): string {
  const ms = Math.round(us / 1e6) * 1_000;
  return new Date(ms + zoneOf(zone)(ms)).toISOString().slice(0, 19);
}

/** The day of `zone` that a moment is of, from its first moment to that of the next day, all in microseconds. */
export function dayOf(us: number, zone: ZoneId): { fromUs: number; toUs: number } {
  const day = fieldText(Math.floor(us / 1e6) * 1e6, zone).slice(0, 10);
  const next = new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
  const [fromUs = us, toUs = us] = [day, next].map((date) => momentOf(`${date}T00:00`, zone) ?? us);
  return { fromUs, toUs };
}

/** A moment of ISO 8601 in ms; null where it is none, as 31 February, which JavaScript takes for a day of March. */
export function msOf(text: string): number | null {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 10)) ? ms : null;
}
