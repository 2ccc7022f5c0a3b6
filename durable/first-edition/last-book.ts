import { type BookState, foldBook } from "../../src/core/books/book-samples.ts";
import { decodeFrame } from "../../src/core/events/encode-events.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { numberOf, type SqlPort, textOf } from "../room/sql-port.ts";

/** As a book stands in a frame. */
const BOOK = '"kind":"book"';

/** The book of a room of the first edition, from what it remembered of its log and the frames since; null where it has none. */
export function lastBook(sql: SqlPort): BookState | null {
  const hasMemory =
    [...sql.exec("SELECT name FROM sqlite_master WHERE name = 'checkpoint'")].length > 0;
  const [saved] = hasMemory
    ? sql.exec("SELECT through, fold FROM checkpoint WHERE id = 1")
    : ([] as const);
  const through = saved === undefined ? 0 : numberOf(saved["through"]);
  const fold = saved === undefined ? null : JSON.parse(textOf(saved["fold"]));
  let state = (fold as { book?: BookState | null } | null)?.book ?? null;
  for (const row of sql.exec(
    "SELECT first, frames FROM log WHERE cursor > ? ORDER BY cursor",
    through,
  )) {
    const first = numberOf(row["first"]);
    for (const [index, text] of textOf(row["frames"]).split("\n").entries()) {
      if (!text.includes(BOOK) || first + index <= through) continue;
      for (const event of decodeFrame(text)) {
        if (event.kind === "book") state = foldBook(state, event, (first + index) as Cursor);
      }
    }
  }
  return state;
}
