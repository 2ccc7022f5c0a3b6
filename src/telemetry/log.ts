import type { Config } from "../config.ts";
import { shorten } from "../core/answers/shorten.ts";
import { FloodGate, floodFields } from "../core/telemetry/flood.ts";
import { redacted } from "../core/telemetry/redact.ts";
import { recentLines } from "./recent-lines.ts";

export type LogLevel = Config["LOG_LEVEL"];
const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** Who writes a line: the Worker, or one of the Durable Objects. */
export type LogService =
  | "worker"
  | "host"
  | "relay"
  | "streams"
  | "room"
  | "writer"
  | "keeper"
  | "notifier";

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

/** What all services of an isolate share. */
interface IsolateLog {
  /** Place in `LEVELS` of the lowest that is written. */
  lowest: number;
  /** Present where there are several runtimes. */
  runtime: { runtime?: number };
  gate: FloodGate;
}

let isolateLog: IsolateLog | undefined;
const logs = new Map<LogService, Logger>();

type LogSettings = Pick<Config, "LOG_LEVEL"> & Partial<Pick<Config, "RUNTIME" | "RUNTIMES">>;

/** The log of a service; the first call in an isolate sets the level for all of them. */
export function logOf(service: LogService, config: LogSettings): Logger {
  if (isolateLog === undefined) {
    const { RUNTIME: number, RUNTIMES: count = 1 } = config;
    isolateLog = {
      lowest: LEVELS.indexOf(config.LOG_LEVEL),
      runtime: count > 1 && number !== undefined ? { runtime: number } : {},
      gate: new FloodGate(),
    };
  }
  let log = logs.get(service);
  if (log === undefined) {
    log = serviceLog(service);
    logs.set(service, log);
  }
  return log;
}

/** The next call of `logOf` sets the level anew. For tests, whose files share an isolate. */
export function forgetLogLevel(): void {
  isolateLog = undefined;
}

function serviceLog(service: LogService): Logger {
  const isEnabledFor = (level: LogLevel) =>
    isolateLog !== undefined && LEVELS.indexOf(level) >= isolateLog.lowest;
  const writer = (level: LogLevel) => (event: string, fields?: LogFields) => {
    if (isolateLog === undefined || !isEnabledFor(level)) return;
    const atMs = Date.now();
    const { gate, runtime } = isolateLog;
    // Whoever asks for `debug` asks for each line of it.
    if (level !== "debug") {
      const { isWritten, news } = gate.take(`${service} ${level} ${event}`, atMs);
      for (const each of news) print(atMs, { ...floodFields(each), ...runtime });
      if (!isWritten) return;
    }
    print(atMs, { level, event, service, ...runtime, ...fields });
  };
  return {
    ...{ debug: writer("debug"), info: writer("info"), warn: writer("warning") },
    ...{ error: writer("error"), isEnabledFor },
  };
}

/** One JSON object a line. The runtime takes it, and nobody waits. */
function print(atMs: number, line: Record<string, unknown>): void {
  const timestamp = new Date(atMs).toISOString();
  try {
    const text = redacted(JSON.stringify({ timestamp, ...line }, cut));
    console.log(text);
    if ("correlation_id" in line || "correlation_ids" in line) recentLines.add(text);
  } catch (error) {
    // What is no JSON is a bug of who said it, and no reason to fail what it was said of.
    const { level, event, service } = line;
    console.log(JSON.stringify({ timestamp, level, event, service, unsaid: String(error) }));
  }
}

function cut(_: string, value: unknown): unknown {
  return typeof value === "string" ? shorten(value, MOST_TEXT_CHARS) : value;
}
