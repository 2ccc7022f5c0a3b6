import { redacted } from "../../src/core/telemetry/redact.ts";
import type { ProcessOutput } from "../process/process-log.ts";
import { LOG_LEVELS, type LogLevel } from "../product/settings.ts";
import type { LogFile } from "./log-file.ts";
import { textOf, textOfLine } from "./log-text.ts";
import { objectLines } from "./object-lines.ts";

type Facts = Record<string, unknown>;

/** What the supervisor says: the name of an event, and its facts. */
export type Logger = {
  info(event: string, facts?: Facts): void;
  warning(event: string, facts?: Facts): void;
  error(event: string, facts?: Facts): void;
};

/** Where lines go. */
export type LogOutput = {
  /** A person reads along on a terminal. */
  isRead: boolean;
  file: Pick<LogFile, "write"> | undefined;
};

/**
 * The log of what the supervisor says: one JSON object a line to the file, or to standard error where there is none; short text on a
 * terminal.
 */
export function openLog(lowest: LogLevel, { isRead, file }: LogOutput): Logger {
  const writer = (level: Exclude<LogLevel, "debug">) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(lowest)) return () => {};
    return (event: string, facts: Facts = {}) => {
      const timestamp = new Date().toISOString();
      const line = { timestamp, level, event, service: "supervisor", ...facts };
      const json = redacted(JSON.stringify(line));
      file?.write(json);
      if (isRead) process.stderr.write(`${redacted(textOf({ timestamp, level, event, facts }))}\n`);
      else if (file === undefined) process.stderr.write(`${json}\n`);
    };
  };
  return { info: writer("info"), warning: writer("warning"), error: writer("error") };
}

/** What processes write goes where our own lines go, and looks like them. */
export function processOutput({ isRead, file }: LogOutput): ProcessOutput {
  const objects = objectLines(Date.now);
  return {
    isWhole: isRead || file !== undefined,
    take: (line, source) => {
      for (const object of objects(line, source)) {
        file?.write(object);
        if (isRead) process.stderr.write(`${textOfLine(object)}\n`);
        else if (file === undefined) process.stderr.write(`${object}\n`);
      }
    },
  };
}
