import type { EpochUs } from "../protocol/time.ts";

/** Earliest moment of a query without a beginning (1684): microseconds are safe integers from there on. */
export const EARLIEST_US = -9_000_000_000_000_000 as EpochUs;

/** A time further ahead than this is a wrong clock or a wrong unit. */
export const MAX_AHEAD_US = 600_000_000;

/**
 * An integer below the first bound, taken as microseconds, lies before 1970-04-26 and above the last one after 5138:
 * no market has data there, so it is seconds, milliseconds or nanoseconds. Negative times (before 1970) are real.
 */
const SECONDS_BELOW = 100_000_000_000;
const MILLISECONDS_BELOW = 100_000_000_000_000;
const NANOSECONDS_FROM = 100_000_000_000_000_000;

/** RFC 3339 section 5.6, with the offset mandatory; the fraction may have up to nine digits. */
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))$/;

export type TimestampReading =
  | { kind: "moment"; us: EpochUs }
  | { kind: "refused"; message: string };

/**
 * Reads a time of a request: RFC 3339 text or integer microseconds since the epoch; digits below a microsecond are
 * cut. A number that looks like s, ms or ns is refused with a message that says so, and so is a time more than 10
 * minutes ahead of `nowUs` (SPEC I-5).
 */
export function readTimestamp(input: string | number, nowUs: EpochUs): TimestampReading {
  const reading = typeof input === "number" ? readNumber(input) : readText(input);
  if (reading.kind === "moment" && reading.us > nowUs + MAX_AHEAD_US) {
    return refused("is more than 10 minutes ahead of the server's clock");
  }
  return reading;
}

function readNumber(value: number): TimestampReading {
  if (!Number.isFinite(value)) return refused("must be a finite number");
  const size = Math.abs(value);
  if (size >= NANOSECONDS_FROM) {
    return refused("looks like nanoseconds: divide by 1,000, for times are integer microseconds");
  }
  if (value > 0 && size < SECONDS_BELOW) {
    return refused(
      "looks like seconds: multiply by 1,000,000, for times are integer microseconds since the epoch",
    );
  }
  if (value > 0 && size < MILLISECONDS_BELOW) {
    return refused(
      "looks like milliseconds: multiply by 1,000, for times are integer microseconds since the epoch",
    );
  }
  if (!Number.isSafeInteger(value))
    return refused("must be integer microseconds, without a fraction");
  return { kind: "moment", us: value as EpochUs };
}

function readText(text: string): TimestampReading {
  const match = RFC3339.exec(text);
  if (match === null) {
    return refused("must be RFC 3339 with an offset, such as 2026-01-31T09:30:00.250Z");
  }
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = "",
    ,
    sign,
    offsetHour,
    offsetMinute,
  ] = match.map((part) => part ?? "");
  const ms = Date.UTC(
    +(year ?? 0),
    +(month ?? 0) - 1,
    +(day ?? 0),
    +(hour ?? 0),
    +(minute ?? 0),
    +(second ?? 0),
  );
  const civil = new Date(ms);
  // Date.UTC maps years 0-99 to 1900-1999 and rolls the 31st of February over: neither is what was written.
  const rolled =
    civil.getUTCFullYear() !== +(year ?? 0) ||
    civil.getUTCMonth() + 1 !== +(month ?? 0) ||
    civil.getUTCDate() !== +(day ?? 0) ||
    civil.getUTCHours() !== +(hour ?? 0) ||
    civil.getUTCMinutes() !== +(minute ?? 0);
  if (rolled || +(offsetHour || 0) > 23 || +(offsetMinute || 0) > 59) {
    return refused("is no date of the calendar");
  }
  const offsetMs =
    (sign === "-" ? -1 : 1) * (+(offsetHour || 0) * 60 + +(offsetMinute || 0)) * 60_000;
  if (ms * 1_000 < EARLIEST_US)
    return refused("lies before the year 1684, too far back for microseconds");
  const micros = +fraction.padEnd(6, "0").slice(0, 6);
  return { kind: "moment", us: ((ms - (sign ? offsetMs : 0)) * 1_000 + micros) as EpochUs };
}

function refused(message: string): TimestampReading {
  return { kind: "refused", message };
}
