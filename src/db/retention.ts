import { DAY_US } from "../core/duration.ts";
import type { EpochUs } from "../protocol/time.ts";
import type { Database } from "./database.ts";
import { dropBooksBefore } from "./drop-books.ts";
import { timestampOf } from "./sql-time.ts";

/** Partitions are made so far ahead: so long a Keeper may be away before anybody has to wait for it. */
const AHEAD_US = 28 * DAY_US;
/** Rather later than holding up whoever stores or reads. */
const LOCK_TIMEOUT = { text: "set local lock_timeout = '80ms'", params: [] };
/** Rows of old minutes deleted at once. */
const DELETED_ROWS = 1_000;

export interface RetentionSettings {
  rawDays: number;
  minutesDays: number;
}

/** What one round of upkeep did. */
export interface RetentionReport {
  rangesAdded: boolean;
  rawDropped: boolean;
  minutesDropped: boolean;
  /** Samples of books. */
  booksDropped: number;
}

/**
 * Makes room ahead and drops what is too old; 0 days keep it without end. Each step is a transaction of its own that
 * waits for no lock longer than it may hold one up, and may be repeated.
 *
 * @throws what `classifyFailure` reads, 55P03 (a lock that could not be had soon) among it: try again later.
 */
export async function retain(
  db: Database,
  nowUs: EpochUs,
  { rawDays, minutesDays }: RetentionSettings,
): Promise<RetentionReport> {
  const call = async (name: string, momentUs: number): Promise<boolean> => {
    const text = `select ${name}(${timestampOf("$1")}) as is_done`;
    const [, [row] = []] = await db.transaction([LOCK_TIMEOUT, { text, params: [momentUs] }]);
    return row?.["is_done"] === true;
  };
  const dropped = async (name: string, days: number) =>
    days > 0 && (await call(name, nowUs - days * DAY_US));
  const report = {
    rangesAdded: await call("add_ranges", nowUs + AHEAD_US),
    rawDropped: await dropped("drop_raw_before", rawDays),
    minutesDropped: await dropped("drop_minutes_before", minutesDays),
    booksDropped:
      rawDays > 0 ? await dropBooksBefore(db, (nowUs - rawDays * DAY_US) as EpochUs) : 0,
  };
  if (report.minutesDropped) {
    for (const table of ["metrics_1m_past", "bars_1m_past"]) await deleteOldMinutes(db, table);
  }
  return report;
}

/** Minutes of the past are few, and in no ranges. */
async function deleteOldMinutes(db: Database, table: string): Promise<void> {
  for (;;) {
    const deleted = await db.query(
      `delete from ${table} where ctid = any (array(
         select ctid from ${table} where bucket < (select minutes_from from tape_state) limit ${DELETED_ROWS}))
       returning 1`,
      [],
    );
    if (deleted.length < DELETED_ROWS) return;
  }
}
