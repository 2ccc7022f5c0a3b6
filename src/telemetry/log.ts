import {
  configureSync,
  getConfig,
  getLogger,
  type LogLevel,
  type LogRecord,
} from "@logtape/logtape";
import type { Config } from "../config.ts";
import { shorten } from "../core/answers/shorten.ts";
import { FloodGate, floodFields } from "../core/telemetry/flood.ts";
import { redacted } from "../core/telemetry/redact.ts";
import { recentLines } from "./recent-lines.ts";

/** Who writes a line: the Worker, or one of the Durable Objects. */
export type LogService = "worker" | "host" | "relay" | "room" | "writer" | "keeper";

/** What a line may carry besides its event. `correlation_id` is that of the request that led to it. */
export interface LogFields {
  correlation_id?: string;
  correlation_ids?: readonly string[];
  symbol?: string;
  [field: string]: unknown;
}

/** Writes lines of one service. The event is a name in snake_case; everything else goes in fields. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** False where lines of the level are not written: asked first where there could be thousands a second. */
  isEnabledFor(level: LogLevel): boolean;
}

/** Longest text in a line: a stack fits, and what somebody sent to fill the log does not. */
const MOST_TEXT_CHARS = 4_000;

/** Present where there are several runtimes. */
type RuntimeField = { runtime?: number };

/** One JSON object a line: timestamp, level, event, service, the runtime's number where there are several, then the fields. */
function formatLine(record: LogRecord, runtime: RuntimeField): string {
  const cut = (_: string, value: unknown) =>
    typeof value === "string" ? shorten(value, MOST_TEXT_CHARS) : value;
  const line = {
    timestamp: new Date(record.timestamp).toISOString(),
    level: record.level,
    event: typeof record.rawMessage === "string" ? record.rawMessage : record.message.join(""),
    service: record.category.at(-1),
    ...runtime,
    ...record.properties,
  };
  return redacted(JSON.stringify(line, cut));
}

/**
 * Writes a line, unless there were too many of its kind this second. Whoever asks for `debug` asks for each line of it. A write hands the
 * line to the runtime and waits for nobody.
 */
function writeLine(record: LogRecord, runtime: RuntimeField, gate: FloodGate): void {
  if (record.level !== "debug") {
    const kind = `${record.category.at(-1)} ${record.level} ${String(record.rawMessage)}`;
    const { isWritten, news } = gate.take(kind, record.timestamp);
    const timestamp = new Date(record.timestamp).toISOString();
    for (const each of news) {
      console.log(JSON.stringify({ timestamp, ...floodFields(each), ...runtime }));
    }
    if (!isWritten) return;
  }
  const line = formatLine(record, runtime);
  console.log(line);
  const { properties } = record;
  if ("correlation_id" in properties || "correlation_ids" in properties) recentLines.add(line);
}

type LogSettings = Pick<Config, "LOG_LEVEL"> & Partial<Pick<Config, "RUNTIME" | "RUNTIMES">>;

const logs = new Map<LogService, Logger>();

/** The log of a service; the first call in an isolate sets the level for all of them. */
export function logOf(service: LogService, config: LogSettings): Logger {
  if (getConfig() === null) {
    const level: LogLevel = config.LOG_LEVEL;
    const { RUNTIME: number, RUNTIMES: count = 1 } = config;
    const runtime = count > 1 && number !== undefined ? { runtime: number } : {};
    const gate = new FloodGate();
    configureSync({
      sinks: { lines: (record) => writeLine(record, runtime, gate) },
      loggers: [
        { category: "edgetape", lowestLevel: level, sinks: ["lines"] },
        { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
      ],
    });
  }
  let log = logs.get(service);
  if (log === undefined) {
    log = getLogger(["edgetape", service]);
    logs.set(service, log);
  }
  return log;
}
