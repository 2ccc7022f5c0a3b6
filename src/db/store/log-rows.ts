import { numberOfLevel } from "../../core/logs/log-filter.ts";
import { wordsOfLine } from "../../core/logs/log-words.ts";
import { HOUR_US } from "../../core/time/duration.ts";
import type { LogEvent } from "../../protocol/events/log.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { BYTES_PER_UNIT } from "../driver/requests.ts";
import { int2s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import { HOUR_WORD, LEVEL_WORD, SERVICE_WORD, SYMBOL_WORD } from "./attribute-words.ts";
import type { Insert } from "./collisions.ts";
import { IS_NAMED, insertInto } from "./insert-into.ts";
import type { DatabaseIds, IdsProof } from "./series-ids.ts";

const ROWS_PER_STATEMENT = 2_000;
const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;
/** Upper bound of the numbers of one row in their arrays. */
const ROW_BYTES = 120;

/** A line is its place in the log. */
const PASS_OVER = sql`
on conflict (symbol_id, ts, cursor, ordinal) do nothing`;

interface LogRow {
  symbol: SymbolName;
  symbolId: number | undefined;
  line: LogEvent;
  fields: string;
  words: string;
  cursor: Cursor;
  ordinal: number;
}

/** The log lines of a batch. */
export class LogRows {
  readonly #rows = new Map<string, LogRow>();

  get rowCount(): number {
    return this.#rows.size;
  }

  add(symbol: SymbolName, line: LogEvent, cursor: Cursor, ordinal: number): void {
    this.#rows.set(`${symbol}\u0000${cursor}\u0000${ordinal}`, {
      ...{ symbol, symbolId: undefined, line, cursor, ordinal },
      fields: line.fields === undefined ? "" : JSON.stringify(line.fields),
      words: [
        LEVEL_WORD + numberOfLevel(line.level),
        SERVICE_WORD + (line.service ?? ""),
        SYMBOL_WORD + symbol,
        HOUR_WORD + Math.floor(line.ts / HOUR_US),
        ...wordsOfLine(line.event, line.fields),
      ].join("\n"),
    });
  }

  /** Takes the ids that there are; returns the symbols that have none. */
  takeIds(ids: DatabaseIds): SymbolName[] {
    const unknown = new Set<SymbolName>();
    for (const row of this.#rows.values()) {
      row.symbolId ??= ids.symbolId(row.symbol);
      if (row.symbolId === undefined) unknown.add(row.symbol);
    }
    return [...unknown];
  }

  /** The inserts, once every symbol has its id in the database of the proof. */
  *inserts(proof: IdsProof): Generator<Insert> {
    let rows: LogRow[] = [];
    let bytes = 0;
    for (const row of this.#rows.values()) {
      const size = bytesOf(row);
      if (rows.length === ROWS_PER_STATEMENT || (bytes > 0 && bytes + size > MAX_STATEMENT_BYTES)) {
        yield insertOf(rows, bytes, proof);
        rows = [];
        bytes = 0;
      }
      rows.push(row);
      bytes += size;
    }
    if (rows.length > 0) yield insertOf(rows, bytes, proof);
  }
}

function bytesOf({ line, fields, words }: LogRow): number {
  const { event, service = "", correlation_id: correlation = "" } = line;
  const units = event.length + fields.length + words.length + service.length + correlation.length;
  return ROW_BYTES + units * BYTES_PER_UNIT;
}

function insertOf(rows: readonly LogRow[], bytes: number, proof: IdsProof): Insert {
  const column = <T>(of: (row: LogRow) => T) => rows.map(of);
  const insert = sql`
insert into log_lines (ts, cursor, symbol_id, ordinal, level, is_cut, service, correlation_id, event, fields, words)
select ${timestampOf(sql`u.ts_us`)}, u.cursor, u.symbol_id, u.ordinal, u.level, u.is_cut = 1, u.service, u.correlation_id,
  u.event, nullif(u.fields, '')::jsonb, array_to_tsvector(string_to_array(u.words, e'\n'))
from ${rowsOf("u", {
    ts_us: int8s(column(({ line }) => line.ts)),
    cursor: int8s(column(({ cursor }) => cursor)),
    symbol_id: int4s(column(({ symbolId }) => symbolId as number)),
    ordinal: int2s(column(({ ordinal }) => ordinal)),
    level: int2s(column(({ line }) => numberOfLevel(line.level))),
    is_cut: int2s(column(({ line }) => (line.cut === true ? 1 : 0))),
    service: texts(column(({ line }) => line.service ?? "")),
    correlation_id: texts(column(({ line }) => line.correlation_id ?? "")),
    event: texts(column(({ line }) => line.event)),
    fields: texts(column(({ fields }) => fields)),
    words: texts(column(({ words }) => words)),
  })}
where ${IS_NAMED}`;
  return {
    plain: () => insertInto(proof, insert),
    careful: () => insertInto(proof, sql`${insert}${PASS_OVER}`),
    bytes,
  };
}
