import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";

export interface ExportQuery {
  symbol: SymbolName;
  kind: TapeEvent["kind"];
  /** Of metrics only those of this name; absent: all. */
  metric?: string | undefined;
  /** Events whose time is in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** Most rows of a page. */
  pageRows: number;
  /** Rows in (storedThrough, tailCursor] are not read: the tail has those events. */
  storedThrough: Cursor;
  tailCursor: Cursor;
  /** The events of the symbol in that range, in the order of the log. */
  tail: readonly LoggedEvent[];
}
