import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import type { ExportQuery } from "./export-query.ts";
import { NOTE_TEXT, noteOf } from "./note-event.ts";

/** The next notes by the primary key; no note is known by an empty text. */
const selectNotes = (
  { symbol, toUs, storedThrough, tailCursor, pageRows }: ExportQuery,
  after: { us: number; knownBy: string },
): Sql => sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, ${NOTE_TEXT} as note, known_by from symbol_notes
where symbol_id = (select id from symbols where symbol = ${symbol}) and ts < ${timestampOf(sql`${toUs}`)}
  and (cursor <= ${storedThrough} or cursor > ${tailCursor})
  and (ts, known_by) > (${timestampOf(sql`${after.us}`)}, ${after.knownBy}::text)
order by symbol_notes.ts, known_by limit ${pageRows}`;

/** The stored notes of an export, by time, page after page. */
export async function* notePages(
  db: Database,
  query: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  let after = { us: query.fromUs as number, knownBy: "" };
  for (;;) {
    const rows = await ask(db, selectNotes(query, after), tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: noteOf(row) }));
    if (rows.length < query.pageRows) return;
    after = { us: Number(last["ts_us"]), knownBy: String(last["known_by"]) };
  }
}
