import { DAY_US } from "../../core/time/duration.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask, askAll } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { literal, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import { noteExpired, noteLogDaysBefore } from "./note-expired.ts";

/** Days are made so far ahead. What comes for one that is not there waits for it in a table of its own. */
const AHEAD_US = 3 * DAY_US;
/** Rather later than holding up whoever stores or reads. */
const LOCK_TIMEOUT = sql`set local lock_timeout = '80ms'`;
/** Rows deleted at once, so that nobody waits for long. */
const DELETED_ROWS = 1_000;

const deleteOthers = (beforeUs: EpochUs) => sql`
with gone as (
  delete from log_lines_other where ctid = any (array(
    select ctid from log_lines_other where ts < ${timestampOf(sql`${beforeUs}`)} order by ts limit ${literal(DELETED_ROWS)}))
  returning symbol_id, cursor),
noted as (${noteExpired(sql`gone`)})
select count(*)::int4 as lines from gone`;

/**
 * Makes days ahead for log lines and drops those that were over `logDays` ago; 0 keeps them without end. Each step is whole in itself.
 *
 * @throws DatabaseError, 55P03 (a lock that could not be had soon) among it: try again later.
 */
export async function retainLogs(
  db: Database,
  nowUs: EpochUs,
  logDays: number,
): Promise<{ logDaysAdded: boolean; logDaysDropped: boolean }> {
  const call = async (name: "add" | "drop", us: number): Promise<boolean> => {
    const moment = timestampOf(sql`${us}`);
    const step = name === "add" ? sql`add_log_days(${moment})` : sql`drop_log_days(${moment})`;
    const [, [row] = []] = await askAll(db, [LOCK_TIMEOUT, sql`select ${step} as is_done`]);
    return row?.["is_done"] === true;
  };
  const logDaysAdded = await call("add", nowUs + AHEAD_US);
  if (logDays === 0) return { logDaysAdded, logDaysDropped: false };
  const beforeUs = (nowUs - logDays * DAY_US) as EpochUs;
  await noteLogDaysBefore(db, beforeUs);
  const logDaysDropped = await call("drop", beforeUs);
  // Lines that were old when they came.
  for (;;) {
    const [row] = await ask(db, deleteOthers(beforeUs));
    if (Number(row?.["lines"] ?? 0) < DELETED_ROWS) return { logDaysAdded, logDaysDropped };
  }
}
