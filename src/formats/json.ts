import type { ParsedBody } from "./decoded.ts";

/** Reads a JSON body: one object, or an array of them. */
export function parseJson(text: string): ParsedBody {
  const parsed = parseText(text);
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
export function parseNdjson(text: string): ParsedBody {
  const values: unknown[] = [];
  const lineNumbers: number[] = [];
  let lineNumber = 0;
  for (const line of text.split("\n")) {
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
