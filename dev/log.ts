import { configure, getLogger, type LogLevel, type LogRecord } from "@logtape/logtape";

const CATEGORY = "edgetape";

/** What the supervisor says: the name of an event, and its facts. */
export type Log = {
  info(event: string, facts?: Record<string, unknown>): void;
  warning(event: string, facts?: Record<string, unknown>): void;
  error(event: string, facts?: Record<string, unknown>): void;
};

/** Sends the log to standard error: one JSON object a line, or short text where a person reads it. */
export async function openLog(lowestLevel: LogLevel, isTerminal: boolean): Promise<Log> {
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

function asText(record: LogRecord): string {
  const facts = Object.entries(record.properties).map(
    ([name, value]) => ` ${name}=${String(value)}`,
  );
  const mark = record.level === "info" ? "" : ` ${record.level}:`;
  return `${new Date(record.timestamp).toISOString().slice(11, 19)}${mark} ${record.rawMessage}${facts.join("")}`;
}
