import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import type { Row } from "../driver/database.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";

/** What of a symbol an export reads, page after page. */
export interface SymbolRange {
  symbol: SymbolName;
  /** Events whose time is in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** Most rows of a page. */
  pageRows: number;
  /** What is stored up to there is read. */
  storedThrough: Cursor;
}

/** The place of a row in an export of what is its place in the log: `ts_us`, cursor, ordinal. */
export type Place = readonly [tsUs: number, cursor: number, ordinal: number];

/** SQL: is a row of a symbol behind `after`, in the range and stored? By the primary key. */
export const isNext = ({ symbol, toUs, storedThrough }: SymbolRange, after: Place): Sql => sql`
symbol_id = (select id from symbols where symbol = ${symbol}) and ts < ${timestampOf(sql`${toUs}`)} and cursor <= ${storedThrough}
  and (ts, cursor, ordinal) > (${timestampOf(sql`${after[0]}`)}, ${after[1]}::int8, ${after[2]}::int2)`;

export function placeOf(row: Row): Place {
  return [Number(row["ts_us"]), Number(row["cursor"]), Number(row["ordinal"])];
}

/** A place that was told as JSON; null where the text is none. */
export function readPlaceText(text: string): Place | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const isPlace = Array.isArray(value) && value.length === 3 && value.every(Number.isSafeInteger);
  return isPlace ? (value as unknown as Place) : null;
}
