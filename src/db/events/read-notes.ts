import type { NoteEvent } from "../../protocol/events/note.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { NOTHING, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { NOTE_TEXT, noteOf } from "./note-event.ts";

/** Where a page of notes begins: before this one. */
export interface NotePlace {
  us: number;
  knownBy: string;
}

export interface NotesQuery {
  symbol: SymbolName;
  /** Notes whose moment is in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  after: NotePlace | null;
  /** Rows in (storedThrough, tailCursor] are not read: the tail has those events. */
  storedThrough: Cursor;
  tailCursor: Cursor;
  limit: number;
}

/** Names are compared by their bytes, as a room's tail is. */
const selectNotes = (query: NotesQuery): Sql => {
  const { symbol, fromUs, toUs, after, storedThrough, tailCursor, limit } = query;
  const at = timestampOf(sql`${after?.us ?? 0}`);
  return sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, ${NOTE_TEXT} as note from symbol_notes
where symbol_id = (select id from symbols where symbol = ${symbol})
  and ts >= ${timestampOf(sql`${fromUs}`)} and ts < ${timestampOf(sql`${toUs}`)}
  and (cursor <= ${storedThrough} or cursor > ${tailCursor})
  ${after === null ? NOTHING : sql`and (ts < ${at} or (ts = ${at} and known_by collate "C" < ${after.knownBy}))`}
order by symbol_notes.ts desc, known_by collate "C" desc limit ${limit}`;
};

/** The newest stored notes of a range, the newest first. @throws DatabaseError */
export async function readNotes(
  db: Database,
  query: NotesQuery,
  tag?: string,
): Promise<{ cursor: Cursor; event: NoteEvent }[]> {
  const rows = await ask(db, selectNotes(query), tag);
  return rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: noteOf(row) }));
}
