import type { ExportQuery } from "../db/events/export-query.ts";
import { readExport } from "../db/events/read-export.ts";
import type { TapeEvent } from "../protocol/events/event.ts";
import type { Cursor } from "../protocol/words/time.ts";
import { readTail } from "./rooms/room-tail.ts";
import type { Sources } from "./sources.ts";

/** The pages of an export, the first of which is read, and the cursor up to which they have everything. */
export interface ExportPages {
  cursor: Cursor;
  first: IteratorResult<TapeEvent[], void>;
  pages: AsyncGenerator<TapeEvent[], void>;
}

/** Begins an export. Rejects where the database is away, as long as nothing has been answered. */
export async function beginExport(
  { rooms, db, correlationId }: Sources,
  query: Omit<ExportQuery, "storedThrough" | "tailCursor" | "tail">,
): Promise<ExportPages> {
  const { storedThrough, cursor, events } = await readTail(rooms, query.symbol);
  const tailed = { ...query, storedThrough, tailCursor: cursor, tail: events };
  const pages = readExport(db, tailed, correlationId);
  return { cursor, pages, first: await pages.next() };
}
