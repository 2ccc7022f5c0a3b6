import { rfc3339Of } from "../../core/time/civil-time.ts";
import type { Cells, Column } from "./columns.ts";

/** RFC 4180: lines end in CR LF, and an empty field is a value that is not there. */
const LINE_END = "\r\n";

export function csvHeader(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(",") + LINE_END;
}

/**
 * Values are as they are, for programs read them: a text that a spreadsheet would take for a formula is not changed
 * (docs/guides/query.md says so).
 */
export function csvLine(columns: readonly Column[], cells: Cells): string {
  return columns.map(({ type }, at) => fieldOf(type, cells[at])).join(",") + LINE_END;
}

function fieldOf(type: Column["type"], value: unknown): string {
  if (value === undefined) return "";
  if (type === "time") return rfc3339Of(value as number);
  return quoted(type === "json" ? JSON.stringify(value) : String(value));
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
