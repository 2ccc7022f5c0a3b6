/** A moment as a file writes it, in microseconds since the epoch. */
export type FileTime = {
  us: number;
  /** The same with the offset left out: what a clock on the wall there showed. */
  wallUs: number;
};

/**
 * `2026-01-31`, `2026/01/31`, `2026.01.31` (MetaTrader) and `20260131` (Stooq), then perhaps `09:30`, with seconds, or `093000`, and
 * an offset as ISO 8601 or Postgres (`+00`, `-05:30`) writes it.
 */
const DATE_AND_TIME =
  /^(\d{4})([-/.]?)(\d{2})\2(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:\.\d+)?)? ?(?:Z|UTC|([+-])(\d{2})(?::?(\d{2}))?)?)?$/i;
/** `Jan 1 2000`, `January 1, 2000`, `1 Jan 2000`, `01-Jan-2000`, then perhaps more. */
const NAMED_MONTH =
  /^(?:([a-z]{3,9})\.?[ -](\d{1,2})|(\d{1,2})[ -]([a-z]{3,9})\.?),?[ -](\d{4})(?=$|[T ])/i;
const MONTHS =
  "january february march april may june july august september october november december".split(
    " ",
  );

/** As seconds 20260131 is a day of 1970. */
const PLAIN_DATE = /^(?:18|19|20)\d{6}$/;

/**
 * Reads a time of a file: without an offset it is UTC, and an integer is seconds, milliseconds, microseconds or nanoseconds
 * since the epoch by its size. Undefined where it is none, or has more than one meaning (01/02/2026).
 */
export function readFileTime(text: string): FileTime | undefined {
  if (/^-?\d+(\.0+)?$/.test(text) && !PLAIN_DATE.test(text)) return ofNumber(Number(text));
  const match = DATE_AND_TIME.exec(inNumbers(text));
  if (match === null) return undefined;
  const [year, , month, day] = match.slice(1, 5).map(Number) as [number, number, number, number];
  const [hour = 0, minute = 0, second = 0] = match.slice(5, 8).map((part) => Number(part ?? 0));
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const civil = new Date(ms);
  // Date.UTC rolls the 31st of February over, which is not what was written.
  if (civil.getUTCMonth() + 1 !== month || civil.getUTCDate() !== day || minute > 59) {
    return undefined;
  }
  const sign = match[8] === "-" ? -1 : 1;
  const offsetMs = sign * (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * 60_000;
  return { us: (ms - offsetMs) * 1_000, wallUs: ms * 1_000 };
}

/** The date with the number of its month, where it has the name. */
function inNumbers(text: string): string {
  return text.replace(NAMED_MONTH, (whole, ...parts: string[]) => {
    const [first, day1, day2, second, year] = parts;
    const name = (first ?? second ?? "").toLowerCase();
    const month = MONTHS.findIndex((each) => each.startsWith(name)) + 1;
    const two = (number: number | string | undefined) => String(number).padStart(2, "0");
    return month === 0 ? whole : `${year}-${two(month)}-${two(day1 ?? day2)}`;
  });
}

function ofNumber(value: number): FileTime {
  const size = Math.abs(value);
  const perUs = size < 1e11 ? 1_000_000 : size < 1e14 ? 1_000 : size < 1e17 ? 1 : 1e-3;
  const us = Math.round(value * perUs);
  return { us, wallUs: us };
}
