import type { EpochUs } from "../../protocol/words/time.ts";
import { readCivilTime } from "../time/civil-time.ts";
import { EARLIEST_PUSHED_US, MAX_AHEAD_US, unitBySize } from "../time/timestamp.ts";

/**
 * The moment that a logger wrote (SPEC LG-4), whatever its form: RFC 3339, a date and a time without an offset, which is UTC, or a
 * number, whose unit its size tells. Null where it is none, is 0, lies before 1880 or more than 10 minutes ahead.
 */
export function readLogTime(value: unknown, nowUs: EpochUs): EpochUs | null {
  const us = microsecondsOf(value);
  if (us === null || us < EARLIEST_PUSHED_US || us > nowUs + MAX_AHEAD_US) return null;
  return us as EpochUs;
}

function microsecondsOf(value: unknown): number | null {
  if (typeof value === "number") return ofNumber(value);
  if (typeof value !== "string") return null;
  if (/^-?\d{1,19}(\.\d{1,9})?$/.test(value)) return ofNumber(Number(value));
  // Python's `logging` writes a comma before the milliseconds.
  const reading = readCivilTime(value.replace(/,(?=\d+$)/, "."));
  return reading.kind === "time" ? reading.us : null;
}

function ofNumber(value: number): number | null {
  if (!Number.isFinite(value) || value === 0 || value === -1) return null;
  switch (unitBySize(value)) {
    case "s":
      return Math.round(value * 1_000_000);
    case "ms":
      return Math.round(value * 1_000);
    case "us":
      return Math.round(value);
    case "ns":
      return Math.floor(value / 1_000);
  }
}
