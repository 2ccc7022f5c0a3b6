import { changeBook, topOf } from "../core/book.ts";
import type { BookEvent, Level } from "../protocol/book.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import { numberArray, textArray } from "./array-text.ts";
import { insertInto } from "./insert-into.ts";
import type { Insert } from "./requests.ts";
import type { DatabaseIds } from "./series-ids.ts";
import { timestampOf } from "./sql-time.ts";

/** Levels of a side that Postgres keeps of a sample: a row of them is 1.7 KB, just short of what is moved out of line. */
export const SAMPLE_LEVELS = 50;

const ROWS_PER_STATEMENT = 500;
/** Upper bounds on the wire: the numbers of one row in their arrays, and those of one level. */
const ROW_BYTES = 130;
const LEVEL_BYTES = 52;

// Unnest takes arrays of several dimensions apart altogether, so the lists of a row come as texts.
const INSERT = `
insert into books (ts, cursor, seq, symbol_id, ordinal, bid_prices, bid_sizes, ask_prices, ask_sizes)
select ${timestampOf("u.ts_us")}, u.cursor, u.seq, u.symbol_id, u.ordinal,
  u.bid_prices::float8[], u.bid_sizes::float8[], u.ask_prices::float8[], u.ask_sizes::float8[]
from unnest($1::int8[], $2::int8[], $3::int8[], $4::int4[], $5::int2[], $6::text[], $7::text[], $8::text[], $9::text[])
  as u (ts_us, cursor, seq, symbol_id, ordinal, bid_prices, bid_sizes, ask_prices, ask_sizes)
where exists (select from state)`;

const INSERT_PLAINLY = insertInto("$10", INSERT);

/** A sample is its place in the log. */
const INSERT_CAREFULLY = insertInto(
  "$10",
  `${INSERT}
on conflict (symbol_id, ts, cursor, ordinal) do nothing`,
);

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

  /** The inserts, once every symbol has its id in the database of `identity`. */
  *inserts(identity: string): Generator<Insert> {
    const rows = [...this.#rows.values()];
    for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
      yield insertOf(rows.slice(from, from + ROWS_PER_STATEMENT), identity);
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

function insertOf(rows: readonly BookRow[], identity: string): Insert {
  const lists = (side: "bids" | "asks", at: 0 | 1) =>
    textArray(rows.map(({ book }) => numberArray(book[side].map((level) => level[at]))));
  return {
    plain: INSERT_PLAINLY,
    careful: INSERT_CAREFULLY,
    params: [
      numberArray(rows.map(({ book }) => book.ts)),
      numberArray(rows.map(({ cursor }) => cursor)),
      `{${rows.map(({ book }) => book.seq ?? "NULL").join(",")}}`,
      numberArray(rows.map(({ symbolId }) => symbolId as number)),
      numberArray(rows.map(({ ordinal }) => ordinal)),
      ...[lists("bids", 0), lists("bids", 1), lists("asks", 0), lists("asks", 1)],
      identity,
    ],
    bytes: rows.reduce(
      (sum, { book }) => sum + ROW_BYTES + (book.bids.length + book.asks.length) * LEVEL_BYTES,
      0,
    ),
  };
}
