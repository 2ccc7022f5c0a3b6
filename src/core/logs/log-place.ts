import type { LogEvent } from "../../protocol/events/log.ts";
import { isSymbol, type SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";

/** Where a line is among all lines of all symbols: by time, then by its place in its log (SPEC C-4). */
export interface LogPlace {
  ts: EpochUs;
  cursor: Cursor;
  ordinal: number;
  symbol: SymbolName;
}

/** A line that was pushed, and where it is. */
export interface PlacedLine extends LogPlace {
  event: LogEvent;
}

/** Below 0 where `a` comes first of the newest. No two lines are equal. */
export function newestFirst(a: LogPlace, b: LogPlace): number {
  return (
    b.ts - a.ts ||
    b.cursor - a.cursor ||
    b.ordinal - a.ordinal ||
    (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0)
  );
}

/** As the `after` of the next page. */
export function textOfPlace({ ts, cursor, ordinal, symbol }: LogPlace): string {
  return `${ts}.${cursor}.${ordinal}.${symbol}`;
}

/** Null where the text is no place. */
export function readPlace(text: string): LogPlace | null {
  const [, ts, cursor, ordinal, symbol = ""] =
    /^(-?\d{1,16})\.(\d{1,16})\.(\d{1,5})\.(.+)$/s.exec(text) ?? [];
  if (ts === undefined || !isSymbol(symbol)) return null;
  return {
    ts: Number(ts) as EpochUs,
    cursor: Number(cursor) as Cursor,
    ...{ ordinal: Number(ordinal), symbol },
  };
}
