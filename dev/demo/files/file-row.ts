import type { IngestPath } from "../push.ts";

/** One event of a recorded file, and the line it came from (1 = the first). */
export type FileRow = { line: number; path: IngestPath; event: object };

/** A row that cannot be an event: where it is, and why. */
export class BadRowError extends Error {
  constructor(line: number, column: string | undefined, why: string) {
    super(`line ${line}${column === undefined ? "" : `, column ${column}`}: ${why}`);
  }
}

/** A time of a file as the API takes it: digits are a number, a bare date is its midnight in UTC. */
export function readTime(text: string): string | number {
  if (/^-?\d+$/.test(text)) return Number(text);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
}
