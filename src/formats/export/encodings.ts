import { unmistakableTime } from "../../core/time/timestamp.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { cellsOf, columnsOf } from "./columns.ts";
import { csvHeader, csvLine } from "./csv.ts";
import { ParquetParts } from "./parquet.ts";

/** What an export may be of. */
export const EXPORT_KINDS = [
  ...(["metric", "trade", "position", "book"] as const),
  ...(["order", "note", "log", "alert"] as const),
] as const;
/** What an export is written as. */
export const EXPORT_FORMATS = ["ndjson", "csv", "parquet"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8; header=present",
  parquet: "application/vnd.apache.parquet",
};

type Bytes = string | Uint8Array<ArrayBuffer>;

/** Writes the events of a symbol, a page at a time, none of which is empty. */
export interface ExportEncoder {
  page(events: readonly TapeEvent[]): Bytes;
  /** What stands behind the last page; without any it is all there is. */
  end(): Bytes;
}

export function exportEncoder(
  format: ExportFormat,
  symbol: SymbolName,
  kind: TapeEvent["kind"],
): ExportEncoder {
  switch (format) {
    case "ndjson":
      return {
        page: (events) => events.map((event) => lineOf(symbol, event)).join(""),
        end: () => "",
      };
    case "csv":
      return csvEncoder(symbol, kind);
    case "parquet": {
      const columns = columnsOf(kind);
      const parts = new ParquetParts(columns);
      return {
        page: (events) => parts.group(events.map((event) => cellsOf(columns, symbol, event))),
        end: () => parts.end(),
      };
    }
    default:
      return format satisfies never;
  }
}

/** As on the wire, and its symbol, so that it can be pushed again. */
function lineOf(symbol: SymbolName, event: TapeEvent): string {
  return `${JSON.stringify({ ...event, ts: unmistakableTime(event.ts), symbol })}\n`;
}

function csvEncoder(symbol: SymbolName, kind: TapeEvent["kind"]): ExportEncoder {
  const columns = columnsOf(kind);
  let header = csvHeader(columns);
  const withHeader = (text: string) => {
    const whole = header + text;
    header = "";
    return whole;
  };
  return {
    page: (events) =>
      withHeader(events.map((event) => csvLine(columns, cellsOf(columns, symbol, event))).join("")),
    end: () => withHeader(""),
  };
}
