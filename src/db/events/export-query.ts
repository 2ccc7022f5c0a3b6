import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import type { SymbolRange } from "./export-place.ts";

export interface ExportQuery extends SymbolRange {
  kind: TapeEvent["kind"];
  /** Of metrics only those of this name; absent: all. */
  metric?: string | undefined;
  /** Rows in (storedThrough, tailCursor] are not read: the tail has those events. */
  tailCursor: Cursor;
  /** The events of the symbol in that range, in the order of the log. */
  tail: readonly LoggedEvent[];
}
