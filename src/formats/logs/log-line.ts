import { beginningOf, LogFields, storableText } from "../../core/logs/log-fields.ts";
import { type LevelScale, levelOfNumber, levelOfWord } from "../../core/logs/log-level.ts";
import { readLogTime } from "../../core/logs/log-time.ts";
import { traceIdOf } from "../../core/logs/traceparent.ts";
import {
  type LogEvent,
  type LogLevel,
  MAX_LOG_EVENT_CHARS,
  MAX_LOG_NAME_CHARS,
} from "../../protocol/events/log.ts";
import { isSymbol, SYSTEM_SYMBOL, type SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

/** A line that can be kept, and the room it goes to. */
export interface AddressedLine {
  symbol: SymbolName;
  event: LogEvent;
}

/** Under which names loggers write what a line has; the first that is there and can be read counts (SPEC LG-2). */
const NAMES = {
  time: ["timestamp", "time", "ts", "@timestamp"],
  level: ["level", "severity", "lvl"],
  event: ["event", "msg", "message", "body"],
  service: ["service", "logger", "name", "service.name", "target"],
  correlation: ["correlation_id", "trace_id", "traceparent", "request_id"],
  symbol: ["symbol"],
} as const;

/** Spans of a line that are asked what it is of. */
const MOST_SPANS = 8;

type Fields = Record<string, unknown>;

/**
 * The line that a logger wrote as a JSON object (SPEC LG-2 to LG-5). Nothing of it is refused: what a name's value cannot mean stays a
 * field under that name.
 */
export function readLogLine(object: Fields, nowUs: EpochUs): AddressedLine {
  const inner = innerFieldsOf(object);
  const said = inner === null ? object : { ...inner, ...object };
  const rest = new Set(Object.keys(said));
  if (inner !== null) rest.delete("fields");
  const take = <Value>(
    names: readonly string[],
    read: (value: unknown, name: string) => Value | null,
  ): Value | undefined => {
    for (const name of names) {
      if (!rest.has(name)) continue;
      const value = read(said[name], name);
      if (value === null) continue;
      rest.delete(name);
      return value;
    }
    return undefined;
  };
  const ts = take(NAMES.time, (value) => readLogTime(value, nowUs)) ?? nowUs;
  const level = take(NAMES.level, readLevel);
  const text = take(NAMES.event, readEvent) ?? "";
  const service = take(NAMES.service, readName);
  const correlation =
    take(NAMES.correlation, readCorrelation) ?? ofSpan(said, NAMES.correlation, readCorrelation);
  const symbol = take(NAMES.symbol, readSymbol) ?? ofSpan(said, NAMES.symbol, readSymbol);
  if (said["kind"] === "log") rest.delete("kind");
  const fields = new LogFields();
  if (level?.said !== undefined) fields.add("level", level.said);
  for (const name of rest) fields.add(name, said[name]);
  // What stands beside them under the same name is another thing, as the level is of a line that has a field `level`.
  for (const name in inner) if (Object.hasOwn(object, name)) fields.add(name, inner[name]);
  return {
    symbol: symbol ?? SYSTEM_SYMBOL,
    event: logEvent({ ts, level: level?.level ?? "info", text, service, correlation, fields }),
  };
}

/** Of what a line has; `fields` are gathered, and may be too long. */
export function logEvent(parts: {
  ts: EpochUs;
  level: LogLevel;
  text: string;
  service: string | undefined;
  correlation: string | undefined;
  fields: LogFields;
}): LogEvent {
  const { ts, level, service, correlation, fields } = parts;
  const text = storableText(parts.text);
  const isLong = text.length > MAX_LOG_EVENT_CHARS;
  const event: LogEvent = {
    ...{ kind: "log", ts, level },
    event: isLong ? beginningOf(text, MAX_LOG_EVENT_CHARS) : text,
  };
  if (service !== undefined) event.service = service;
  if (correlation !== undefined) event.correlation_id = correlation;
  if (fields.fields !== undefined) event.fields = fields.fields;
  if (isLong || fields.isCut) event.cut = true;
  return event;
}

/** `tracing` puts what a line says into `fields`, and so do lines of ours: it is as good as beside it. */
function innerFieldsOf(object: Fields): Fields | null {
  const inner = object["fields"];
  return typeof inner !== "object" || inner === null || Array.isArray(inner)
    ? null
    : (inner as Fields);
}

/** `tracing` says of a line in which spans it was, the outermost first, and what those are of: the line is of that as well. */
function ofSpan<Value>(
  said: Fields,
  names: readonly string[],
  read: (value: unknown, name: string) => Value | null,
): Value | undefined {
  const spans = Array.isArray(said["spans"]) ? said["spans"] : [];
  for (const span of [said["span"], ...spans.slice(-MOST_SPANS).reverse()]) {
    if (typeof span !== "object" || span === null) continue;
    for (const name of names) {
      const value = read((span as Fields)[name], name);
      if (value !== null) return value;
    }
  }
  return undefined;
}

/** `said`: what it was, where that is more than the level. */
function readLevel(value: unknown, name: string): { level: LogLevel; said?: unknown } | null {
  if (typeof value === "string" && !/^\d+$/.test(value)) {
    const level = levelOfWord(value);
    if (level === null) return null;
    return value.trim().toLowerCase() === level ? { level } : { level, said: value };
  }
  if (typeof value !== "string" && typeof value !== "number") return null;
  const number = Number(value);
  if (!Number.isInteger(number)) return null;
  const level = levelOfNumber(number, scaleOf(number, name));
  if (level === null) return null;
  return PINO.has(number) && name !== "severity" ? { level } : { level, said: number };
}

const PINO: ReadonlySet<number> = new Set([10, 20, 30, 40, 50, 60]);

/** `severity` is syslog's, or OpenTelemetry's where syslog has none so high; `level` is pino's, or syslog's as in GELF. */
function scaleOf(number: number, name: string): LevelScale {
  if (number < 8) return "syslog";
  return name === "severity" ? "opentelemetry" : "tens";
}

function readEvent(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return null;
  return JSON.stringify(value);
}

function readCorrelation(value: unknown, name: string): string | null {
  return name === "traceparent" ? traceIdOf(value) : readName(value);
}

function readSymbol(value: unknown): SymbolName | null {
  return typeof value === "string" && isSymbol(value) ? value : null;
}

/** A name of at most 200 characters, in one line; null where it is none. */
export function readName(value: unknown): string | null {
  if (typeof value !== "string" || value === "" || value.length > MAX_LOG_NAME_CHARS) return null;
  return storableText(value).replaceAll(CONTROL, " ");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are meant.
const CONTROL = /[\u0000-\u001f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are told their colours so.
const COLOURS = /\u001b\[[0-9;]*m/g;

/** A line that is no JSON, as a logger prints it for a terminal. */
export function readTextLine(text: string, nowUs: EpochUs): AddressedLine {
  const fields = new LogFields();
  const parts = { ts: nowUs, level: "info", service: undefined, correlation: undefined } as const;
  return {
    symbol: SYSTEM_SYMBOL,
    event: logEvent({ ...parts, text: text.replaceAll(COLOURS, "").trim(), fields }),
  };
}
