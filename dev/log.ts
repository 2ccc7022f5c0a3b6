import { configure, getLogger, type LogLevel, type LogRecord } from "@logtape/logtape";
import { textOf } from "./log-text.ts";

const CATEGORY = "edgetape";

/** What the supervisor says: the name of an event, and its facts. */
export type Logger = {
  info(event: string, facts?: Record<string, unknown>): void;
  warning(event: string, facts?: Record<string, unknown>): void;
  error(event: string, facts?: Record<string, unknown>): void;
};

/** Sends the log to standard error: one JSON object a line, or short text where a person reads it. */
export async function openLog(lowestLevel: LogLevel, isTerminal: boolean): Promise<Logger> {
  const format = isTerminal ? asText : asJson;
  await configure({
    sinks: { stderr: (record) => void process.stderr.write(`${format(record)}\n`) },
    loggers: [
      { category: CATEGORY, sinks: ["stderr"], lowestLevel },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
    ],
  });
  return getLogger(CATEGORY);
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
