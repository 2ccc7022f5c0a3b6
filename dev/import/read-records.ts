import { openFileText } from "../files/file-text.ts";
import { linesOf } from "../files/lines.ts";
import { readCsv } from "../files/read-csv.ts";
import { BAR_COLUMNS, type BarRecord, onlyPriceOf, PRICES } from "./bar-record.ts";

/** A line of the file, or why it is no row, with what there is of it. */
export type LineRecord =
  | { line: number; record: BarRecord; why?: undefined }
  | { line: number; record?: BarRecord; why: string };

export type ReadRecordsDeps = {
  /** Told as the file is read. */
  onRead?: (bytes: number) => void;
  /** Told once, of the columns of a CSV file. */
  onHeader?: (names: readonly string[]) => void;
};

/**
 * The rows of a file, one after another, whatever its length: NDJSON where it begins with an object, else CSV by its header.
 * Throws an Error about the file as a whole.
 */
export async function* readRecords(
  file: string,
  { onRead, onHeader }: ReadRecordsDeps = {},
): AsyncGenerator<LineRecord> {
  const { kind, text } = await openFileText(file, onRead);
  if (kind === "ndjson") {
    yield* readNdjson(text);
    return;
  }
  const rows = readCsv(text, (header) => {
    const names = header.map(nameOf);
    checkHeader(names, header);
    onHeader?.(names);
    return names;
  });
  for await (const { line, record, why } of rows) {
    yield why === undefined ? { line, record } : { line, record, why };
  }
}

async function* readNdjson(text: AsyncGenerator<string>): AsyncGenerator<LineRecord> {
  let line = 0;
  for await (const content of linesOf(text)) {
    line += 1;
    if (content.trim() !== "") yield { line, ...recordOf(content) };
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

/** Names that Stooq and MetaTrader give: `<TICKER>`, `<VOL>`, `<PER>`. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ticker: "symbol",
  vol: "volume",
  per: "interval",
};

function nameOf(column: string): string {
  const name = column
    .trim()
    .toLowerCase()
    .replace(/^<(.*)>$/, "$1");
  return (Object.hasOwn(OTHER_NAMES, name) && OTHER_NAMES[name]) || name;
}

function checkHeader(names: readonly string[], header: readonly string[]): void {
  const price = onlyPriceOf(names);
  const prices = price === undefined ? ["open", "high", "low", "close"] : [price];
  const missing = prices.filter((name) => !names.includes(name));
  if (missing.length === prices.length) missing.push("or, for one price a row, price or value");
  const isTimed = ["ts", "timestamp", "datetime", "date", "time"].some((name) =>
    names.includes(name),
  );
  if (!isTimed) missing.unshift("a time (date, time, datetime, timestamp or ts)");
  if (missing.length > 0) {
    throw new Error(
      `line 1: the header names ${names.join(", ")}; it must also name ${missing.join(", ")}`,
    );
  }
  const several = PRICES.filter((name) => names.includes(name));
  if (price !== undefined && several.length > 1) {
    throw new Error(
      `line 1: the header names ${several.join(" and ")}, and a bar can be of one price alone: leave one of them`,
    );
  }
  for (const name of [...BAR_COLUMNS, ...prices]) {
    const same = header.filter((_, at) => names[at] === name);
    if (same.length > 1) {
      throw new Error(
        `line 1: the header names ${name} ${same.length} times (${same.join(", ")}): leave one of them`,
      );
    }
  }
}

/** Columns of which nothing is made. */
export function unusedOf(names: readonly string[]): string[] {
  return names.filter((name) => !BAR_COLUMNS.includes(name) && name !== onlyPriceOf(names));
}
