import { unmistakableTime } from "../../../src/core/time/timestamp.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import type { IngestPath } from "../push.ts";
import { BadRowError, type FileRow, readTime } from "./file-row.ts";

type CsvRecord = Readonly<Record<string, string>>;

/** How the rows of one CSV file become events. */
export type CsvReading = {
  /** What the header says the file is. */
  kind: "trades" | "metrics" | "bars";
  /** Columns that nothing is made of. */
  unused: string[];
  rowsOf: (record: CsvRecord, line: number) => FileRow[];
};

/** Set on the command line for files whose rows do not say it. */
export type FileDefaults = { symbol: string | undefined };

const TIME_NAMES = ["ts", "time", "timestamp", "date", "datetime"];
const LABEL_PREFIX = "labels.";

/**
 * Decides by the names in the header (in any case) what a CSV file holds: `metric,value`, `price,size` or
 * `open,high,low,close,volume`. Throws an Error that says what it looked for where it is none of these.
 */
export function readHeader(header: readonly string[], defaults: FileDefaults): CsvReading {
  const column = new Map<string, string>();
  for (const name of header) {
    const key = name.trim().toLowerCase();
    const same = column.get(key);
    if (same !== undefined && key !== "") {
      throw new Error(
        `line 1: the header names ${key} twice (${same}, ${name}): leave one of them`,
      );
    }
    column.set(key, name);
  }
  const has = (...names: string[]) => names.every((name) => column.has(name));
  const time = TIME_NAMES.map((name) => column.get(name)).find((name) => name !== undefined);
  const used = new Set<string | undefined>([time]);
  const cellOf = (name: string) => {
    const found = column.get(name);
    used.add(found);
    return (record: CsvRecord): string => (found === undefined ? "" : (record[found] ?? "").trim());
  };
  const numberOf = (name: string) => {
    const cell = cellOf(name);
    return (record: CsvRecord, line: number) =>
      readNumber(cell(record), line, column.get(name) ?? name);
  };
  const symbolCell = cellOf("symbol");
  const symbolOf = (record: CsvRecord) => symbolCell(record) || defaults.symbol;
  const tsOf = (record: CsvRecord) => ({
    ts: time === undefined ? "" : readTime((record[time] ?? "").trim()),
  });
  const finish = (kind: CsvReading["kind"], rowsOf: CsvReading["rowsOf"]): CsvReading => ({
    kind,
    unused: header.filter((name) => !used.has(name)),
    rowsOf,
  });
  const needSymbol = () => {
    if (!has("symbol") && defaults.symbol === undefined) {
      throw new Error("line 1: there is no column symbol; say which it is with --symbol");
    }
  };

  if (has("metric", "value")) {
    const metric = cellOf("metric");
    const value = numberOf("value");
    const labels = header.filter((name) => name.toLowerCase().startsWith(LABEL_PREFIX));
    for (const name of labels) used.add(name);
    // As an export has them.
    const asJson = cellOf("labels");
    return finish("metrics", (record, line) => [
      row("/api/metrics", line, {
        metric: metric(record),
        value: value(record, line),
        symbol: symbolOf(record),
        ...tsOf(record),
        ...labelsOf(record, labels, readLabels(asJson(record), line)),
      }),
    ]);
  }
  if (has("price", "size")) {
    needSymbol();
    const price = numberOf("price");
    const size = numberOf("size");
    const [side, id, venue] = [cellOf("side"), cellOf("id"), cellOf("venue")];
    return finish("trades", (record, line) => [
      row("/api/trades", line, {
        symbol: symbolOf(record),
        price: price(record, line),
        size: size(record, line),
        side: side(record).toLowerCase(),
        id: id(record),
        venue: venue(record),
        ...tsOf(record),
      }),
    ]);
  }
  if (has("open", "high", "low", "close", "volume") && time !== undefined) {
    needSymbol();
    const prices = [numberOf("open"), numberOf("high"), numberOf("low"), numberOf("close")];
    const volume = numberOf("volume");
    return finish("bars", (record, line) => {
      const startUs = microsecondsOf(record[time] ?? "", line, time);
      const bar = prices.map((price) => price(record, line));
      return tradesOfBar(symbolOf(record) ?? "", startUs, bar, volume(record, line)).map((trade) =>
        row("/api/trades", line, trade),
      );
    });
  }
  throw new Error(
    `line 1: the header names ${header.join(", ")}. It must name metric and value, or price and size, ` +
      "or a time, open, high, low, close and volume",
  );
}

const BAR_PARTS = ["open", "high", "low", "close"];
/** The four trades of a bar lie within its first milliseconds, and so within a bar of any interval. */
const BAR_STEP_US = 1_000;

/** A bar as four trades that make the same bar again: open, high, low, close, sizes adding up to the volume. */
export function tradesOfBar(
  symbol: string,
  startUs: number,
  prices: readonly number[],
  volume: number,
): Record<string, unknown>[] {
  // Whole quarters keep the sum exact up to 2^53; what is over goes to the close.
  const quarter = Math.floor(volume / 4);
  return prices.map((price, index) => ({
    symbol,
    price,
    size: index < 3 ? quarter : volume - 3 * quarter,
    id: `${symbol}-${startUs}-${BAR_PARTS[index]}`,
    ts: unmistakableTime((startUs + index * BAR_STEP_US) as EpochUs),
  }));
}

/** An empty cell is a field that is absent. */
function row(path: IngestPath, line: number, fields: Record<string, unknown>): FileRow {
  const event = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== "" && value !== undefined),
  );
  return { line, path, event };
}

function labelsOf(
  record: CsvRecord,
  columns: readonly string[],
  more: Readonly<Record<string, unknown>>,
): { labels?: object } {
  const labels = columns
    .map((name) => [name.slice(LABEL_PREFIX.length), (record[name] ?? "").trim()] as const)
    .filter(([, value]) => value !== "");
  const all = { ...more, ...Object.fromEntries(labels) };
  return Object.keys(all).length === 0 ? {} : { labels: all };
}

/** A cell that holds labels as a JSON object; what they are like is the server's question. */
function readLabels(text: string, line: number): Record<string, unknown> {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (value instanceof Object && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new BadRowError(line, "labels", `${JSON.stringify(text)} is no JSON object`);
}

function readNumber(text: string, line: number, column: string): number {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) {
    throw new BadRowError(line, column, `${JSON.stringify(text)} is not a number`);
  }
  return value;
}

function microsecondsOf(text: string, line: number, column: string): number {
  const time = readTime(text.trim());
  const us = typeof time === "number" ? time : Date.parse(time) * 1_000;
  // Without an offset Date.parse takes the machine's own zone, and the file would mean another thing elsewhere.
  const isAbsolute = typeof time === "number" || /(?:[Zz]|[+-]\d{2}:?\d{2})$/.test(time);
  if (!isAbsolute || !Number.isSafeInteger(us)) {
    throw new BadRowError(
      line,
      column,
      `${JSON.stringify(text)} is neither a date, nor RFC 3339 with an offset, nor integer microseconds`,
    );
  }
  return us;
}
