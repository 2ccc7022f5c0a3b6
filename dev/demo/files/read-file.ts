import { openFileText } from "../../files/file-text.ts";
import { linesOf } from "../../files/lines.ts";
import { readCsv } from "../../files/read-csv.ts";
import { type CsvReading, type FileDefaults, readHeader } from "./csv-columns.ts";
import { BadRowError, type FileRow } from "./file-row.ts";

export type ReadFileDeps = {
  /** Told once, of columns of a CSV file that nothing is made of. */
  onUnused: (columns: readonly string[]) => void;
};

/**
 * The events of a recorded file, one after another, whatever its length: NDJSON where it begins with an object, else CSV by
 * its header. Throws {@link BadRowError}, or an Error about the file as a whole.
 */
export async function* readFile(
  deps: ReadFileDeps,
  file: string,
  defaults: FileDefaults,
): AsyncGenerator<FileRow> {
  const { kind, text } = await openFileText(file);
  yield* kind === "csv" ? csvRows(deps, text, defaults) : ndjsonRows(text, defaults);
}

async function* csvRows(
  deps: ReadFileDeps,
  text: AsyncGenerator<string>,
  defaults: FileDefaults,
): AsyncGenerator<FileRow> {
  let reading: CsvReading | undefined;
  const rows = readCsv(text, (header) => {
    reading = readHeader(header, defaults);
    if (reading.unused.length > 0) deps.onUnused(reading.unused);
    return header;
  });
  for await (const row of rows) {
    if (row.why !== undefined) throw new BadRowError(row.line, undefined, row.why);
    if (reading === undefined) throw new Error("a row came before the header");
    yield* reading.rowsOf(row.record, row.line);
  }
}

async function* ndjsonRows(
  text: AsyncGenerator<string>,
  defaults: FileDefaults,
): AsyncGenerator<FileRow> {
  let line = 0;
  for await (const content of linesOf(text)) {
    line += 1;
    if (content.trim() !== "") yield rowOfJson(content, line, defaults);
  }
}

/** Kinds of events, and a field that only one of that kind has. */
const KINDS = [
  { kind: "order", field: "status", path: "/api/orders" },
  { kind: "note", field: "text", path: "/api/notes" },
  { kind: "metric", field: "metric", path: "/api/metrics" },
  { kind: "trade", field: "price", path: "/api/trades" },
  { kind: "position", field: "quantity", path: "/api/positions" },
  { kind: "book", field: "bids", path: "/api/books" },
] as const;

/** What a line of an export or a recording says; `kind` is taken where it is there, else the fields tell. */
export function rowOfJson(text: string, line: number, defaults: FileDefaults): FileRow {
  const { kind, ...event } = objectOf(text, line);
  const found = KINDS.find((one) => (kind === undefined ? one.field in event : one.kind === kind));
  if (found === undefined) {
    throw new BadRowError(
      line,
      undefined,
      "is neither a metric (metric, value), nor a trade (price, size), nor a position (quantity), nor a book (bids, asks), nor an order (status), nor a note (text)",
    );
  }
  const symbol = event["symbol"] ?? defaults.symbol;
  return {
    line,
    path: found.path,
    event: symbol === undefined ? event : { ...event, symbol },
  };
}

function objectOf(text: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)/.exec(words)?.[1];
    throw new BadRowError(
      line,
      position === undefined ? undefined : String(Number(position) + 1),
      words,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadRowError(line, undefined, "is not a JSON object");
  }
  return value as Record<string, unknown>;
}
