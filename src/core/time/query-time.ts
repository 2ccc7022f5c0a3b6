import type { EpochUs } from "../../protocol/words/time.ts";
import { readCivilTime } from "./civil-time.ts";
import { readDurationUs } from "./duration.ts";
import { EARLIEST_US, readDigits, type TimestampReading, type TimeUnit } from "./timestamp.ts";

const RELATIVE = /^now(?:([-+])(.+))?$/;
const FORMS =
  "must be a time such as 2026-01-31T09:30:00Z, a date, integer microseconds, or now-6h";

/**
 * Reads a time of a query (SPEC Q-3): `now`, `now-6h`, a date or a time, which are UTC without an offset, or an integer
 * since the epoch in `unit`, in microseconds where that is not said. However far ahead it lies.
 */
export function readQueryTime(text: string, nowUs: EpochUs, unit?: TimeUnit): TimestampReading {
  if (/^-?\d{1,19}$/.test(text)) return readDigits(text, unit);
  if (text.startsWith("now")) return readRelative(text, nowUs);
  const reading = readCivilTime(text);
  switch (reading.kind) {
    case "time":
      return reading.us < EARLIEST_US
        ? refused("lies before the year 1684, too far back for microseconds")
        : { kind: "moment", us: reading.us as EpochUs };
    case "not_in_calendar":
      return refused("is no date of the calendar");
    case "lost_plus":
      return refused(
        `came as ${JSON.stringify(text)}: in a URL a + is a space, so write it %2B, or write Z for +00:00`,
      );
    case "other":
      return refused(FORMS);
  }
}

function readRelative(text: string, nowUs: EpochUs): TimestampReading {
  const match = RELATIVE.exec(text);
  if (/^now \d/.test(text)) return refused("has a space behind now: in a URL write + as %2B");
  if (match === null) return refused(FORMS);
  const [, sign, length] = match;
  if (length === undefined) return { kind: "moment", us: nowUs };
  const us = readDurationUs(length);
  if (us === null) {
    return refused(
      `says ${JSON.stringify(length)}, which is no length such as 15m, 6h, 7d or 2w; months and rounding (now/d) are not known`,
    );
  }
  const moment = sign === "-" ? nowUs - us : nowUs + us;
  return moment < EARLIEST_US
    ? refused("lies before the year 1684, too far back for microseconds")
    : { kind: "moment", us: moment as EpochUs };
}

function refused(message: string): TimestampReading {
  return { kind: "refused", message };
}
