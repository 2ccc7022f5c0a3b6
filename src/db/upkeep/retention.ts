import { DAY_US } from "../../core/time/duration.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask, askAll } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { identifier, literal, NOTHING, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import { dropBooksBefore } from "./drop-books.ts";
import { dropOrdersBefore } from "./drop-orders.ts";
import { noteRawBefore } from "./note-expired.ts";

/** Partitions are made so far ahead: so long a Keeper may be away before anybody has to wait for it. */
const AHEAD_US = 28 * DAY_US;
/** Rather later than holding up whoever stores or reads. */
const LOCK_TIMEOUT = sql`set local lock_timeout = '80ms'`;
/** Rows of old minutes deleted at once. */
const DELETED_ROWS = 1_000;
/** The same of packed hours, each of which has some thousand points. */
const DELETED_HOURS = 50;

/** Marks of ids are kept so long: each Writer that is made anew leaves one. */
const MARKS_US = 7 * DAY_US;

export interface RetentionSettings {
  rawDays: number;
  minutesDays: number;
}

/** What one round of upkeep did. */
export interface RetentionReport {
  rangesAdded: boolean;
  packedRowsDropped: boolean;
  rawDropped: boolean;
  minutesDropped: boolean;
  /** Samples of books. */
  booksDropped: number;
  /** Orders that were over, each with all its states. */
  ordersDropped: number;
}

/**
 * Makes room ahead and drops what is too old; 0 days keep it without end. Each step is a transaction of its own that
 * waits for no lock longer than it may hold one up, and may be repeated.
 *
 * @throws DatabaseError, 55P03 (a lock that could not be had soon) among it: try again later.
 */
export async function retain(
  db: Database,
  nowUs: EpochUs,
  { rawDays, minutesDays }: RetentionSettings,
): Promise<RetentionReport> {
  const call = async (name: string, momentUs?: number): Promise<boolean> => {
    const argument = momentUs === undefined ? NOTHING : timestampOf(sql`${momentUs}`);
    const step = sql`select ${identifier(name)}(${argument}) as is_done`;
    const [, [row] = []] = await askAll(db, [LOCK_TIMEOUT, step]);
    return row?.["is_done"] === true;
  };
  const dropRaw = async () => {
    if (rawDays === 0) return false;
    const fromUs = await noteRawBefore(db, (nowUs - rawDays * DAY_US) as EpochUs);
    return fromUs !== null && (await call("drop_raw_before", fromUs));
  };
  const report = {
    rangesAdded: await call("add_ranges", nowUs + AHEAD_US),
    packedRowsDropped: await call("drop_packed_rows"),
    rawDropped: await dropRaw(),
    minutesDropped:
      minutesDays > 0 && (await call("drop_minutes_before", nowUs - minutesDays * DAY_US)),
    booksDropped:
      rawDays > 0 ? await dropBooksBefore(db, (nowUs - rawDays * DAY_US) as EpochUs) : 0,
    ordersDropped:
      rawDays > 0 ? await dropOrdersBefore(db, (nowUs - rawDays * DAY_US) as EpochUs) : 0,
  };
  // Each time, as it is cheap: a Keeper may have ended in the middle.
  await deleteBefore(db, "packed_points", "hour", "raw_from", DELETED_HOURS);
  await deleteBefore(db, "points_late", "ts", "raw_from", DELETED_ROWS);
  // Whoever has learnt nothing for so long learns anew: one of a Writer that is still there costs it one lookup.
  await ask(
    db,
    sql`delete from id_marks where marked_at < ${timestampOf(sql`${nowUs - MARKS_US}`)}`,
  );
  if (report.minutesDropped) {
    for (const table of ["metrics_1m_past", "bars_1m_past"]) {
      await deleteBefore(db, table, "bucket", "minutes_from", DELETED_ROWS);
    }
  }
  return report;
}

/** What is in no ranges of time, as it is few. */
async function deleteBefore(
  db: Database,
  table: string,
  column: string,
  moment: "raw_from" | "minutes_from",
  most: number,
): Promise<void> {
  for (;;) {
    const from = identifier(table);
    const deleted = await ask(
      db,
      sql`delete from ${from} where ctid = any (array(
         select ctid from ${from} where ${identifier(column)} < (select ${identifier(moment)} from tape_state) limit ${literal(most)}))
       returning 1`,
    );
    if (deleted.length < most) return;
  }
}
