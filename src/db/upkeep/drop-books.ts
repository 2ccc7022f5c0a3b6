import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { literal, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import { noteExpired } from "./note-expired.ts";

/** Rows deleted at once: about 1 MB, so that nobody waits for long. */
const DELETED_ROWS = 500;

const deleteBefore = (beforeUs: EpochUs) => sql`
with gone as (
  delete from books where ctid = any (array(
    select ctid from books where ts < ${timestampOf(sql`${beforeUs}`)} order by ts limit ${literal(DELETED_ROWS)}))
  returning symbol_id, cursor),
noted as (${noteExpired(sql`gone`)})
select count(*)::int4 as samples from gone`;

/**
 * Deletes the samples of books before a moment, in steps that are whole in themselves, and says how
 * many there were.
 *
 * @throws DatabaseError
 */
export async function dropBooksBefore(db: Database, beforeUs: EpochUs): Promise<number> {
  for (let all = 0; ; ) {
    const [row] = await ask(db, deleteBefore(beforeUs));
    const deleted = Number(row?.["samples"] ?? 0);
    all += deleted;
    if (deleted < DELETED_ROWS) return all;
  }
}
