import { configure, getLogger, type LogLevel, type LogRecord } from "@logtape/logtape";
import { redacted } from "../src/core/telemetry/redact.ts";
import type { LogFile } from "./log-file/log-file.ts";
import { objectLines } from "./log-file/object-lines.ts";
import { textOf, textOfLine } from "./log-text.ts";
import type { OnLine } from "./process-log.ts";

const CATEGORY = "edgetape";

/** What the supervisor says: the name of an event, and its facts. */
export type Logger = {
  info(event: string, facts?: Record<string, unknown>): void;
  warning(event: string, facts?: Record<string, unknown>): void;
  error(event: string, facts?: Record<string, unknown>): void;
};

/** Where lines go. */
export type LogOutput = {
  /** A person reads along on a terminal. */
  isRead: boolean;
  file: Pick<LogFile, "write"> | undefined;
};

/** Sends what the supervisor says to the file, and to standard error where there is none or a person reads it. */
export async function openLog(lowestLevel: LogLevel, { isRead, file }: LogOutput): Promise<Logger> {
  const stderr = (record: LogRecord) => {
    process.stderr.write(`${redacted(isRead ? asText(record) : asJson(record))}\n`);
  };
  const written = (record: LogRecord) => file?.write(redacted(asJson(record)));
  const sinks = { stderr, written };
  const names: (keyof typeof sinks)[] = file === undefined ? [] : ["written"];
  if (file === undefined || isRead) names.push("stderr");
  await configure({
    sinks,
    loggers: [
      { category: CATEGORY, sinks: names, lowestLevel },
      { category: ["logtape", "meta"], sinks: names, lowestLevel: "warning" },
    ],
  });
  return getLogger(CATEGORY);
}

/** What is done with each line that a process logs; undefined where it may write to our standard error itself. */
export function readerOf({ isRead, file }: LogOutput): OnLine {
  if (!isRead && file === undefined) return undefined;
  const objects = objectLines(Date.now);
  return (line) => {
    if (isRead) process.stderr.write(`${textOfLine(line)}\n`);
    if (file !== undefined) for (const object of objects(line)) file.write(object);
  };
}

function asJson(record: LogRecord): string {
  return JSON.stringify({
    timestamp: new Date(record.timestamp).toISOString(),
    level: record.level,
    event: record.rawMessage,
    service: "supervisor",
    ...record.properties,
  });
}

function asText({ timestamp, level, rawMessage, properties }: LogRecord): string {
  return textOf({ timestamp, level, event: String(rawMessage), facts: properties });
}
