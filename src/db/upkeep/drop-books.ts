import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { literal, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";

/** Rows deleted at once: about 1 MB, so that nobody waits for long. */
const DELETED_ROWS = 500;

const deleteBefore = (beforeUs: EpochUs) => sql`
delete from books where ctid = any (array(
  select ctid from books where ts < ${timestampOf(sql`${beforeUs}`)} order by ts limit ${literal(DELETED_ROWS)}))
returning 1`;

/**
 * Deletes the samples of books before a moment, in steps that are whole in themselves, and says how
 * many there were.
 *
 * @throws DatabaseError
 */
export async function dropBooksBefore(db: Database, beforeUs: EpochUs): Promise<number> {
  for (let all = 0; ; ) {
    const deleted = await ask(db, deleteBefore(beforeUs));
    all += deleted.length;
    if (deleted.length < DELETED_ROWS) return all;
  }
}
