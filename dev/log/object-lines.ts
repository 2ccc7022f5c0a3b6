import { FloodGate, floodFields } from "../../src/core/telemetry/flood.ts";
import { redacted } from "../../src/core/telemetry/redact.ts";
import type { LineSource } from "../process/process-log.ts";

/** As the runtime marks what it says of an error, and of its own death. */
const OF_AN_ERROR = /^\*\*\* |: (?:error|fatal): /;
/**
 * What the runtime says where a stop came between an object's storage and the runtime's own list of alarms: the list has
 * another time, and the runtime puts the alarm to that of the storage. Nothing is lost, and nobody need do anything.
 */
const ALARM_MOVED = /: warning: NOSENTRY SQLite alarm handler canceled(?:\.| with )/;

/**
 * Makes lines of a process's output what lines of a log are: one JSON object each, without secrets. What is none, such as what the runtime
 * itself says, becomes the text of one; of those of one service a second has so many at the most.
 */
export function objectLines(nowMs: () => number): (line: string, source: LineSource) => string[] {
  const gate = new FloodGate();
  return (line, source) => {
    if (line.trim() === "") return [];
    if (isObject(line)) return [redacted(line)];
    const atMs = nowMs();
    const timestamp = new Date(atMs).toISOString();
    const { isWritten, news } = gate.take(`${source.service} process_output`, atMs);
    const lines = news.map((each) => JSON.stringify({ timestamp, ...floodFields(each) }));
    if (!isWritten) return lines;
    const said = { timestamp, ...kindOf(line), ...source, text: line };
    return [...lines, redacted(JSON.stringify(said))];
  };
}

function kindOf(line: string): { level: string; event: string } {
  if (ALARM_MOVED.test(line)) return { level: "info", event: "alarm_moved" };
  return { level: OF_AN_ERROR.test(line) ? "error" : "warning", event: "process_output" };
}

function isObject(line: string): boolean {
  if (!line.startsWith('{"')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
