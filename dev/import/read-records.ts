import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { CsvError, parse } from "csv-parse";
import { BAR_COLUMNS, type BarRecord } from "./bar-record.ts";

/** A line of the file, or why it is no row at all. */
export type LineRecord = { line: number; record: BarRecord } | { line: number; why: string };

export type ReadRecordsDeps = {
  /** Told as the file is read. */
  onRead?: (bytes: number) => void;
  /** Told once, of the columns of a CSV file. */
  onHeader?: (names: readonly string[]) => void;
};

/**
 * The rows of a file, one after another, whatever its length: `.csv` by its header, anything else as NDJSON.
 * Throws an Error about the file as a whole.
 */
export async function* readRecords(
  file: string,
  { onRead, onHeader }: ReadRecordsDeps = {},
): AsyncGenerator<LineRecord> {
  const source = createReadStream(file);
  if (onRead !== undefined) source.on("data", (chunk) => onRead(chunk.length));
  if (!file.toLowerCase().endsWith(".csv")) {
    yield* readNdjson(source);
    return;
  }
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    columns: (header: string[]) => {
      const names = header.map((name) => name.trim().toLowerCase());
      checkHeader(names);
      onHeader?.(names);
      return names;
    },
  });
  // An async loop hears of the parser's errors, not of those of what feeds it.
  source.on("error", (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser)) yield { line: info.lines, record };
  } catch (error) {
    throw error instanceof CsvError ? new Error(csvWords(error)) : error;
  } finally {
    source.destroy();
  }
}

async function* readNdjson(source: NodeJS.ReadableStream): AsyncGenerator<LineRecord> {
  let line = 0;
  for await (const text of createInterface({
    input: source,
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line += 1;
    if (text.trim() !== "") yield { line, ...recordOf(text) };
  }
}

function recordOf(text: string): { record: BarRecord } | { why: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { record: value as BarRecord };
    }
    return { why: "is not a JSON object" };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

function checkHeader(names: readonly string[]): void {
  const missing = ["open", "high", "low", "close"].filter((name) => !names.includes(name));
  const isTimed = ["ts", "timestamp", "datetime", "date", "time"].some((name) =>
    names.includes(name),
  );
  if (!isTimed) missing.unshift("a time (date, time, datetime, timestamp or ts)");
  if (missing.length === 0) return;
  throw new Error(
    `line 1: the header names ${names.join(", ")}; it must also name ${missing.join(", ")}`,
  );
}

/** Columns of which nothing is made. */
export function unusedOf(names: readonly string[]): string[] {
  return names.filter((name) => !BAR_COLUMNS.includes(name));
}

function csvWords(error: CsvError): string {
  const line = (error as unknown as { lines?: number }).lines;
  return line === undefined || error.message.includes("line")
    ? error.message
    : `line ${line}: ${error.message}`;
}
