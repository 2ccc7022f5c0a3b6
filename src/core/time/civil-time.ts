/** A date, or a date and a time of day, as text has it. */
export type CivilReading =
  | {
      kind: "time";
      /** Microseconds since the epoch; of a text without an offset as if it were UTC. */
      us: number;
      /** Whether the text says its offset, and whether it is RFC 3339 (section 5.6) in full. */
      hasOffset: boolean;
      isRfc3339: boolean;
    }
  /** A space where its offset begins: the `+` of a URL that was not encoded. */
  | { kind: "lost_plus" }
  | { kind: "not_in_calendar" }
  | { kind: "other" };

const CIVIL =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?$/;
const RFC3339 = /[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const LOST_PLUS = /[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)? \d{2}:?\d{2}$/;

/** Reads `2026-01-31`, `2026-01-31T09:30`, with seconds, a fraction (cut to microseconds) and an offset where there are. */
export function readCivilTime(text: string): CivilReading {
  const match = CIVIL.exec(text);
  if (match === null) return { kind: LOST_PLUS.test(text) ? "lost_plus" : "other" };
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const [fraction = "", zulu, sign, offsetHour = "0", offsetMinute = "0"] = match.slice(7);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const civil = new Date(ms);
  // Date.UTC maps years 0-99 to 1900-1999 and rolls the 31st of February over: neither is what was written.
  const isRolled =
    civil.getUTCFullYear() !== year ||
    civil.getUTCMonth() + 1 !== month ||
    civil.getUTCDate() !== day ||
    civil.getUTCHours() !== hour ||
    civil.getUTCMinutes() !== minute;
  if (isRolled || Number(offsetHour) > 23 || Number(offsetMinute) > 59) {
    return { kind: "not_in_calendar" };
  }
  const offsetMs =
    (sign === "-" ? -1 : 1) * (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return {
    kind: "time",
    us: (ms - offsetMs) * 1_000 + Number(fraction.padEnd(6, "0").slice(0, 6)),
    hasOffset: zulu !== undefined || sign !== undefined,
    isRfc3339: RFC3339.test(text),
  };
}

/** RFC 3339 in UTC, to the microsecond. */
export function rfc3339Of(us: number): string {
  const ms = Math.floor(us / 1_000);
  const micros = String(us - ms * 1_000).padStart(3, "0");
  return new Date(ms).toISOString().replace("Z", `${micros}Z`);
}
