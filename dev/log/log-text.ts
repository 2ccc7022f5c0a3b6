/** One entry of a log. */
export type LogEntry = {
  timestamp: string | number;
  level: string;
  event: string;
  /** Absent where it is the supervisor's. */
  service?: string;
  facts: Record<string, unknown>;
};

/** What a terminal shows of itself, without quotes. */
const PLAIN = /^[!#-~]+$/;
/** A terminal obeys these, or writes backwards from them on, and JSON leaves them as they are. */
const UNSHOWN = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** Of longer lists it is told how many they hold. */
const LONGEST_LIST = 3;

/** An entry as a person reads it, on one line. */
export function textOf({ timestamp, level, event, service, facts }: LogEntry): string {
  const mark = level === "info" ? "" : ` ${level}:`;
  const who = service === undefined || event.startsWith(service) ? "" : ` ${service}:`;
  const words = Object.entries(facts).map(([name, value]) => ` ${name}=${shown(value)}`);
  return `${new Date(timestamp).toISOString().slice(11, 19)}${mark}${who} ${event}${words.join("")}`;
}

/** A line of a process's log as a person reads it; a line that is no log's passes as it is. */
export function textOfLine(line: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof parsed !== "object" || parsed === null) return line;
  const { timestamp, level, event, service, ...facts } = parsed as Record<string, unknown>;
  const isEntry =
    typeof timestamp === "string" &&
    Number.isFinite(Date.parse(timestamp)) &&
    typeof level === "string" &&
    typeof event === "string";
  if (!isEntry) return line;
  return textOf({
    timestamp,
    level,
    event,
    ...(service !== undefined && { service: shown(service) }),
    facts,
  });
}

function shown(value: unknown): string {
  if (Array.isArray(value) && value.length > LONGEST_LIST) return `(${value.length} of them)`;
  if (typeof value === "string" && PLAIN.test(value)) return value;
  const json = JSON.stringify(value) ?? String(value);
  return json.replace(UNSHOWN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
