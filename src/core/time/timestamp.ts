import type { EpochUs } from "../../protocol/words/time.ts";
import { readCivilTime, rfc3339Of } from "./civil-time.ts";

/** Earliest moment of a query without a beginning (1684): microseconds are safe integers from there on. */
export const EARLIEST_US = -9_000_000_000_000_000 as EpochUs;

/** Earliest moment of what is pushed: the beginning of 1880. */
export const EARLIEST_PUSHED_US = Date.UTC(1880, 0, 1) * 1_000;

/** A time further ahead than this is a wrong clock or a wrong unit. */
export const MAX_AHEAD_US = 600_000_000;

/** Units that integer times may be said to have. */
export const TIME_UNITS = ["s", "ms", "us", "ns"] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/**
 * An integer within the first bound of 0, taken as microseconds, lies within 28 hours of the beginning of 1970, one within the
 * second between 1966 and 1973, and one outside the last after 5138: where its unit is not said it is seconds,
 * milliseconds or nanoseconds.
 */
const SECONDS_BELOW = 100_000_000_000;
const MILLISECONDS_BELOW = 100_000_000_000_000;
const NANOSECONDS_FROM = 100_000_000_000_000_000;

export type TimestampReading =
  | { kind: "moment"; us: EpochUs }
  | { kind: "refused"; message: string };

/**
 * Reads a time of a push (SPEC I-5): RFC 3339 text, or an integer since the epoch. Its `unit` is microseconds where it is
 * not said, and then a number that looks like another is refused in words; digits below a microsecond are cut. So are
 * refused a time before 1880 and one more than 10 minutes ahead of `nowUs`.
 */
export function readTimestamp(
  input: string | number,
  nowUs: EpochUs,
  unit?: TimeUnit,
): TimestampReading {
  const reading =
    typeof input === "number"
      ? readInteger(input, unit)
      : unit !== undefined && /^-?\d{1,19}$/.test(input)
        ? readDigits(input, unit)
        : readRfc3339(input);
  if (reading.kind === "refused") return reading;
  if (reading.us < EARLIEST_PUSHED_US) return refused("lies before the year 1880");
  if (reading.us > nowUs + MAX_AHEAD_US) {
    return refused("is more than 10 minutes ahead of the server's clock");
  }
  return reading;
}

/** Digits of a text, which keep nanoseconds that a number would lose. */
export function readDigits(digits: string, unit?: TimeUnit): TimestampReading {
  if (unit !== "ns") return readInteger(Number(digits), unit);
  const ns = BigInt(digits);
  // Cut towards the past, as the fraction of a text is.
  const us = ns / 1_000n - (ns < 0n && ns % 1_000n !== 0n ? 1n : 0n);
  return ns === 0n || ns === -1n ? readInteger(Number(ns), unit) : moment(Number(us));
}

/**
 * A time as an export writes it, to be read again whatever it is (SPEC I-5): integer microseconds, or RFC 3339 where such a
 * number would be taken for another unit.
 */
export function unmistakableTime(us: EpochUs): number | string {
  return Math.abs(us) < MILLISECONDS_BELOW ? rfc3339Of(us) : us;
}

function readInteger(value: number, unit: TimeUnit | undefined): TimestampReading {
  if (!Number.isFinite(value)) return refused("must be a finite number");
  if (value === 0 || value === -1) {
    return refused(
      `is ${value}, which looks like a missing time: leave it out for now, and write ${value === 0 ? "1970-01-01T00:00:00Z" : "the moment as text"} where it is meant`,
    );
  }
  if (unit !== undefined) {
    if (!Number.isInteger(value)) return refused(`must be an integer, in ${unit} by precision`);
    return moment(microsecondsOf(value, unit));
  }
  const means = "for times are integer microseconds since the epoch; or say its unit";
  switch (unitBySize(value)) {
    case "ns":
      return refused(`looks like nanoseconds: divide by 1,000, ${means} with ?precision=ns`);
    case "s":
      return refused(`looks like seconds: multiply by 1,000,000, ${means} with ?precision=s`);
    case "ms":
      return refused(`looks like milliseconds: multiply by 1,000, ${means} with ?precision=ms`);
    case "us":
  }
  if (!Number.isInteger(value)) return refused("must be integer microseconds, without a fraction");
  return moment(value);
}

/** The unit that a number of our days must be in, told by its size. */
export function unitBySize(value: number): TimeUnit {
  const size = Math.abs(value);
  if (size >= NANOSECONDS_FROM) return "ns";
  if (size < SECONDS_BELOW) return "s";
  return size < MILLISECONDS_BELOW ? "ms" : "us";
}

function microsecondsOf(value: number, unit: TimeUnit): number {
  switch (unit) {
    case "s":
      return value * 1_000_000;
    case "ms":
      return value * 1_000;
    case "us":
      return value;
    case "ns":
      return Math.floor(value / 1_000);
  }
}

function readRfc3339(text: string): TimestampReading {
  const reading = readCivilTime(text);
  switch (reading.kind) {
    case "time":
      if (reading.isRfc3339) return moment(reading.us);
      if (!reading.hasOffset) {
        return refused(
          "does not say its offset: add Z if it is UTC, or one such as -05:00, for times are RFC 3339 with an offset",
        );
      }
      break;
    case "not_in_calendar":
      return refused("is no date of the calendar");
    case "lost_plus":
    case "other":
      break;
    default:
      reading satisfies never;
  }
  return refused(
    "must be RFC 3339 with an offset, such as 2026-01-31T09:30:00.250Z, or integer microseconds",
  );
}

function moment(us: number): TimestampReading {
  if (us < EARLIEST_US) return refused("lies before the year 1684, too far back for microseconds");
  return { kind: "moment", us: us as EpochUs };
}

function refused(message: string): TimestampReading {
  return { kind: "refused", message };
}
