import { topOf } from "../../core/books/book.ts";
import { readBookAt } from "../../db/events/read-book.ts";
import { sampleOf } from "../../db/store/book-rows.ts";
import type { BookAnswer } from "../../protocol/answers/answers.ts";
import type { BookEvent, Level } from "../../protocol/events/book.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

/** The last sample of a book at a moment or before, its best so many levels (SPEC D-7). */
export async function readSampleAt(
  { rooms, db, correlationId }: Sources,
  { symbol, atUs, levels }: { symbol: SymbolName; atUs: EpochUs; levels: number },
): Promise<BookAnswer> {
  const { cursor, storedThrough, events } = await readTail(rooms, symbol);
  let book = await readBookAt(db, { symbol, atUs, storedThrough }, correlationId);
  // What the tail has is later in the log, and so counts where the moment is the same.
  for (const { event } of events) {
    const isSample = event.kind === "book" && event.sampled === true && event.ts <= atUs;
    if (isSample && (book === null || event.ts >= book.ts)) book = sampleOf(event);
  }
  return { symbol, cursor, book: book === null ? null : cut(book, levels) };
}

function cut(book: BookEvent, levels: number): BookEvent {
  const { bids, asks } = topOf(book, levels);
  return { ...book, bids: bids as Level[], asks: asks as Level[] };
}
