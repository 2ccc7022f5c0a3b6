import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";

/** A row under the names of its columns, and why it is no good one; `line` as an editor counts them, from 1. */
export type CsvRow = { line: number; record: Readonly<Record<string, string>>; why?: string };

const DELIMITERS = [",", ";", "\t", "|"];

/**
 * Rows of CSV in their order; what parts the fields is told by the header. `columnsOf` makes names of the header, and may
 * throw an Error about it. A row too long or too short is told as one; a quote out of place, which hides where rows end, is
 * thrown.
 */
export async function* readCsv(
  text: AsyncGenerator<string>,
  columnsOf: (header: string[]) => string[],
): AsyncGenerator<CsvRow> {
  const first = await text.next();
  if (first.done) return;
  const parser = parse({
    bom: true,
    columns: columnsOf,
    delimiter: delimiterOf(first.value),
    info: true,
    // All of them, for tools that put a header before a file may end it otherwise.
    record_delimiter: ["\r\n", "\n", "\r"],
    // Told by `info.error`, so that one row too long or too short is not the end of the file.
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const source = Readable.from(
    (async function* () {
      yield first.value;
      yield* text;
    })(),
  );
  // An async loop hears of the parser's errors, not of those of what feeds it.
  source.on("error", (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser)) {
      const { lines: line, error } = info as { lines: number; error?: CsvError };
      yield {
        ...{ line, record: record as Record<string, string> },
        ...(error !== undefined && { why: raggedWords(error) }),
      };
    }
  } catch (error) {
    throw error instanceof CsvError ? new Error(wordsOf(error)) : error;
  } finally {
    source.destroy();
  }
}

/** That which the first line has most often. */
function delimiterOf(text: string): string {
  const header = text.trimStart().split("\n", 1)[0] ?? "";
  const count = (delimiter: string) => header.split(delimiter).length;
  return DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best));
}

function raggedWords(error: CsvError): string {
  const { columns, record } = error as unknown as { columns?: unknown[]; record?: unknown[] };
  return `has ${record?.length ?? "other"} fields, and the header has ${columns?.length ?? "others"}`;
}

function lineOf(error: CsvError): number | undefined {
  return (error as unknown as { lines?: number }).lines;
}

function wordsOf(error: CsvError): string {
  const line = lineOf(error);
  return line === undefined || error.message.includes("line")
    ? error.message
    : `line ${line}: ${error.message}`;
}
