import type { LogLevel } from "../../protocol/events/log.ts";

/** The words of loggers and of syslog, and what each is here. */
const WORDS: Readonly<Record<LogLevel, readonly string[]>> = {
  trace: ["trace", "trc", "verbose", "finest"],
  debug: ["debug", "dbg", "fine"],
  info: ["info", "inf", "information", "informational", "notice", "log"],
  warn: ["warn", "warning", "wrn"],
  error: ["error", "err", "severe"],
  fatal: ["fatal", "ftl", "critical", "crit", "alert", "emergency", "emerg", "panic", "dpanic"],
};
const BY_WORD: ReadonlyMap<string, LogLevel> = new Map(
  Object.entries(WORDS).flatMap(([level, words]) =>
    words.map((word) => [word, level as LogLevel] as const),
  ),
);

/** How loggers number levels: pino by tens, syslog from 0, the gravest, to 7, OpenTelemetry from 1 to 24. */
export type LevelScale = "tens" | "syslog" | "opentelemetry";

/** A level in words (SPEC LG-3); null where it is none that is known. */
export function levelOfWord(word: string): LogLevel | null {
  return BY_WORD.get(word.trim().toLowerCase()) ?? null;
}

const OF_SYSLOG: readonly LogLevel[] = [
  ...(["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"] as const),
];
const IN_ORDER: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** A level as a number (SPEC LG-3); null where the scale has no such number. */
export function levelOfNumber(number: number, scale: LevelScale): LogLevel | null {
  switch (scale) {
    case "tens":
      // Between two of them lies what somebody has named himself: it is at least the lower one.
      return number >= 10 ? (IN_ORDER[Math.min(Math.floor(number / 10), 6) - 1] ?? null) : null;
    case "syslog":
      return OF_SYSLOG[number] ?? null;
    case "opentelemetry":
      return number >= 1 && number <= 24 ? (IN_ORDER[Math.floor((number - 1) / 4)] ?? null) : null;
    default:
      return scale satisfies never;
  }
}
