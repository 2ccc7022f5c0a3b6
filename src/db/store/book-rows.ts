import { changeBook, topOf } from "../../core/books/book.ts";
import type { BookEvent, Level } from "../../protocol/events/book.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { numberArray } from "../driver/array-text.ts";
import { int2s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { param, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import type { Insert } from "./collisions.ts";
import { IS_NAMED, insertInto } from "./insert-into.ts";
import type { DatabaseIds, IdsProof } from "./series-ids.ts";

/**
 * Levels of a side that Postgres keeps of a sample: a row of them is 1.7 KB, just short of what is
 * moved out of line.
 */
export const SAMPLE_LEVELS = 50;

const ROWS_PER_STATEMENT = 500;
/** Upper bounds on the wire: the numbers of one row in their arrays, and those of one level. */
const ROW_BYTES = 130;
const LEVEL_BYTES = 52;

/** A sample is its place in the log. */
const PASS_OVER = sql`
on conflict (symbol_id, ts, cursor, ordinal) do nothing`;

interface BookRow {
  symbol: SymbolName;
  symbolId: number | undefined;
  book: BookEvent;
  cursor: Cursor;
  ordinal: number;
}

/** The samples of books of a batch. */
export class BookRows {
  readonly #rows = new Map<string, BookRow>();

  get rowCount(): number {
    return this.#rows.size;
  }

  add(symbol: SymbolName, book: BookEvent, cursor: Cursor, ordinal: number): void {
    const key = `${symbol}\u0000${cursor}\u0000${ordinal}`;
    this.#rows.set(key, { symbol, symbolId: undefined, book: sampleOf(book), cursor, ordinal });
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
    const rows = [...this.#rows.values()];
    for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
      yield insertOf(rows.slice(from, from + ROWS_PER_STATEMENT), proof);
    }
  }
}

/** What Postgres keeps of a snapshot: its best levels, the best first. */
export function sampleOf(book: BookEvent): BookEvent {
  const whole = changeBook(null, book);
  if (whole === null) return book;
  const { bids, asks } = topOf(whole, SAMPLE_LEVELS);
  return { ...book, bids: bids as Level[], asks: asks as Level[] };
}

function insertOf(rows: readonly BookRow[], proof: IdsProof): Insert {
  const column = <T>(of: (row: BookRow) => T) => rows.map(of);
  const seqs = param(`{${rows.map(({ book }) => book.seq ?? "NULL").join(",")}}`);
  // Unnest takes arrays of several dimensions apart altogether, so the lists of a row come as
  // texts.
  const lists = (side: "bids" | "asks", at: 0 | 1) =>
    texts(column(({ book }) => numberArray(book[side].map((level) => level[at]))));
  const insert = sql`
insert into books (ts, cursor, seq, symbol_id, ordinal, bid_prices, bid_sizes, ask_prices, ask_sizes)
select ${timestampOf(sql`u.ts_us`)}, u.cursor, u.seq, u.symbol_id, u.ordinal,
  u.bid_prices::float8[], u.bid_sizes::float8[], u.ask_prices::float8[], u.ask_sizes::float8[]
from ${rowsOf("u", {
    ts_us: int8s(column(({ book }) => book.ts)),
    cursor: int8s(column(({ cursor }) => cursor)),
    seq: sql`${seqs}::int8[]`,
    symbol_id: int4s(column(({ symbolId }) => symbolId as number)),
    ordinal: int2s(column(({ ordinal }) => ordinal)),
    bid_prices: lists("bids", 0),
    bid_sizes: lists("bids", 1),
    ask_prices: lists("asks", 0),
    ask_sizes: lists("asks", 1),
  })}
where ${IS_NAMED}`;
  return {
    plain: () => insertInto(proof, insert),
    careful: () => insertInto(proof, sql`${insert}${PASS_OVER}`),
    bytes: rows.reduce(
      (sum, { book }) => sum + ROW_BYTES + (book.bids.length + book.asks.length) * LEVEL_BYTES,
      0,
    ),
  };
}
