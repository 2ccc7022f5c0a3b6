import { FloodGate, floodFields } from "../../src/core/telemetry/flood.ts";
import { redacted } from "../../src/core/telemetry/redact.ts";

/**
 * Makes lines of a process's output what lines of a log are: one JSON object each, without secrets. What is none, such as what the runtime
 * itself says, becomes the text of one; of those a second has so many at the most.
 */
export function objectLines(nowMs: () => number): (line: string) => string[] {
  const gate = new FloodGate();
  return (line) => {
    if (line.trim() === "") return [];
    if (isObject(line)) return [redacted(line)];
    const atMs = nowMs();
    const timestamp = new Date(atMs).toISOString();
    const { isWritten, news } = gate.take("process_output", atMs);
    const lines = news.map((each) => JSON.stringify({ timestamp, ...floodFields(each) }));
    if (!isWritten) return lines;
    const said = { level: "warning", event: "process_output", service: "process", text: line };
    return [...lines, redacted(JSON.stringify({ timestamp, ...said }))];
  };
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
