import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { CsvError, parse } from "csv-parse";
import { type CsvReading, type FileDefaults, readHeader } from "./csv-columns.ts";
import { BadRowError, type FileRow } from "./file-row.ts";

export type ReadFileDeps = {
  /** Told once, of columns of a CSV file that nothing is made of. */
  onUnused: (columns: readonly string[]) => void;
};

/**
 * The events of a recorded file, one after another, whatever its length: `.csv` by its header, anything else as NDJSON.
 * Throws {@link BadRowError}, or an Error about the file as a whole.
 */
export function readFile(
  deps: ReadFileDeps,
  file: string,
  defaults: FileDefaults,
): AsyncGenerator<FileRow> {
  return file.toLowerCase().endsWith(".csv")
    ? readCsv(deps, file, defaults)
    : readNdjson(file, defaults);
}

async function* readCsv(
  deps: ReadFileDeps,
  file: string,
  defaults: FileDefaults,
): AsyncGenerator<FileRow> {
  let reading: CsvReading | undefined;
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    columns: (header: string[]) => {
      reading = readHeader(header, defaults);
      if (reading.unused.length > 0) deps.onUnused(reading.unused);
      return header;
    },
  });
  const source = createReadStream(file);
  // An async loop hears of the parser's errors, not of those of what feeds it.
  source.on("error", (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser)) {
      if (reading === undefined) throw new Error("a row came before the header");
      yield* reading.rowsOf(record, info.lines);
    }
  } catch (error) {
    throw error instanceof CsvError ? new Error(csvWords(error)) : error;
  }
}

async function* readNdjson(file: string, defaults: FileDefaults): AsyncGenerator<FileRow> {
  const lines = createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() !== "") yield rowOfJson(text, line, defaults);
  }
}

/** Kinds of events, and a field that only one of that kind has. */
const KINDS = [
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
      "is neither a metric (metric, value), nor a trade (price, size), nor a position (quantity), nor a book (bids, asks)",
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

function csvWords(error: CsvError): string {
  const line = (error as unknown as { lines?: number }).lines;
  return line === undefined || error.message.includes("line")
    ? error.message
    : `line ${line}: ${error.message}`;
}
