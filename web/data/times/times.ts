/** A time zone as IANA names it: "UTC", "America/New_York". */
export type ZoneId = string;

const DATE = { day: "numeric", month: "short", year: "numeric" } as const;
const MINUTE = { hour: "2-digit", minute: "2-digit" } as const;
const CLOCK = { ...MINUTE, second: "2-digit" } as const;
const EXACT = { ...CLOCK, fractionalSecondDigits: 3 } as const;

const STYLES = {
  year: { year: "numeric" },
  month: { month: "short" },
  day: { day: "numeric", month: "short" },
  date: DATE,
  shortDate: { ...DATE, year: "2-digit" },
  minute: MINUTE,
  clock: CLOCK,
  exactClock: EXACT,
  dateMinute: { ...DATE, ...MINUTE },
  dateClock: { ...DATE, ...CLOCK },
  dateExactClock: { ...DATE, ...EXACT },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export type TimeStyle = keyof typeof STYLES;

/** Formats are dear to make, and axes ask for thousands of texts. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** The moment `ms` of the epoch as clocks and calendars of `zone` show it. */
export function timeText(style: TimeStyle, ms: number, zone: ZoneId): string {
  const key = `${style} ${zone}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { ...STYLES[style], timeZone: zone });
    formats.set(key, format);
  }
  return format.format(ms);
}
