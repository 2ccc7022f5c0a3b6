import type { ParsedBody } from "./decoded.ts";
import { type InSteps, inOneTurn, STEP_BYTES } from "./in-steps.ts";

/** Reads a JSON body: one object, or an array of them. */
export function parseJson(text: string): ParsedBody {
  return inOneTurn(parseJsonInSteps(text, []));
}

/** The same in parts, each of which is parsed in one turn: `cuts` are places of commas between elements of its array, some way apart. */
export function* parseJsonInSteps(text: string, cuts: readonly number[]): InSteps<ParsedBody> {
  const [cut] = cuts;
  if (cut === undefined) return bodyOf(parseText(text));
  const values: unknown[] = [];
  let from = 0;
  for (const end of [...cuts, text.length]) {
    if (from > 0) yield;
    const part = `${from > 0 ? "[" : ""}${text.slice(from, end)}${end < text.length ? "]" : ""}`;
    const parsed = parseText(part);
    if (parsed.kind === "broken") return broken(values.length, parsed.why);
    const found = parsed.value;
    // Nothing stands before a comma, or behind the last one.
    if (!Array.isArray(found) || found.length === 0) return broken(values.length, "it is empty");
    for (const value of found) values.push(value);
    from = end + 1;
  }
  return bodyOf({ kind: "value", value: values });
}

function broken(element: number, why: string): ParsedBody {
  return {
    kind: "unreadable",
    detail: `The body is not JSON, in the part of it that begins with element [${element}]: ${why}`,
  };
}

function bodyOf(parsed: ReturnType<typeof parseText>): ParsedBody {
  if (parsed.kind === "broken")
    return { kind: "unreadable", detail: `The body is not JSON: ${parsed.why}` };
  const { value } = parsed;
  if (Array.isArray(value)) {
    return { kind: "values", values: value, pathOf: (index) => `[${index}]` };
  }
  if (typeof value === "object" && value !== null) {
    return { kind: "values", values: [value], pathOf: () => "" };
  }
  return { kind: "unreadable", detail: "The body must be a JSON object or an array of objects." };
}

/** Reads NDJSON: a JSON object on each line; blank lines are passed over (https://github.com/ndjson/ndjson-spec). */
export function* parseNdjson(text: string): InSteps<ParsedBody> {
  const values: unknown[] = [];
  const lineNumbers: number[] = [];
  let lineNumber = 0;
  let turnEnd = STEP_BYTES;
  for (let from = 0; from <= text.length; ) {
    if (from > turnEnd) {
      turnEnd = from + STEP_BYTES;
      yield;
    }
    const found = text.indexOf("\n", from);
    const end = found < 0 ? text.length : found;
    const line = text.slice(from, end);
    from = end + 1;
    lineNumber += 1;
    if (line.trim() === "") continue;
    const parsed = parseText(line);
    if (parsed.kind === "broken") {
      return { kind: "unreadable", detail: `Line ${lineNumber} is not JSON: ${parsed.why}` };
    }
    values.push(parsed.value);
    lineNumbers.push(lineNumber);
  }
  return { kind: "values", values, pathOf: (index) => `line ${lineNumbers[index] ?? index + 1}` };
}

function parseText(
  text: string,
): { kind: "value"; value: unknown } | { kind: "broken"; why: string } {
  try {
    // Where files are joined a mark of byte order may begin any line.
    return { kind: "value", value: JSON.parse(text.replace(/^\uFEFF/, "")) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = /\b(NaN|Infinity)\b/.test(text) ? " (JSON has no NaN and no Infinity)" : "";
    return { kind: "broken", why: `${why}${hint}` };
  }
}
