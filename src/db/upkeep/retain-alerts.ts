import { DAY_US } from "../../core/time/duration.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { literal, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import { noteExpired } from "./note-expired.ts";

/** Changes deleted at once: each step reads what ended of all there is, and nobody waits for long. */
const DELETED_CHANGES = 10_000;

// What an alert did before it ended last explains nothing of what it is in now. Its place is (cursor, ordinal), as in the log.
const deleteBefore = (beforeUs: EpochUs) => sql`
with ended as (
  select symbol_id, rule, series, max(array[cursor, ordinal]) as place from alert_changes
  where state = 0 and exists (select from alert_changes where ts < ${timestampOf(sql`${beforeUs}`)})
  group by symbol_id, rule, series),
gone as (
  delete from alert_changes where ctid = any (array(
  select a.ctid from alert_changes a
  join ended e on (e.symbol_id, e.rule, e.series) = (a.symbol_id, a.rule, a.series)
  where a.ts < ${timestampOf(sql`${beforeUs}`)} and array[a.cursor, a.ordinal] <= e.place
  limit ${literal(DELETED_CHANGES)}))
  returning symbol_id, cursor),
noted as (${noteExpired(sql`gone`)})
select count(*)::int4 as changes from gone`;

/**
 * Deletes what alerts did on days of UTC that were over `alertDays` ago, in steps that are whole in themselves; 0 keeps it without end.
 * Of an alert that is pending or firing everything since it was at rest stays, however old (SPEC AL-14).
 *
 * @throws DatabaseError
 */
export async function retainAlerts(
  db: Database,
  nowUs: EpochUs,
  alertDays: number,
): Promise<{ alertChangesDropped: number }> {
  let alertChangesDropped = 0;
  if (alertDays === 0) return { alertChangesDropped };
  const beforeUs = (Math.floor(nowUs / DAY_US - alertDays) * DAY_US) as EpochUs;
  for (;;) {
    const [row] = await ask(db, deleteBefore(beforeUs));
    const deleted = Number(row?.["changes"] ?? 0);
    alertChangesDropped += deleted;
    if (deleted < DELETED_CHANGES) return { alertChangesDropped };
  }
}
