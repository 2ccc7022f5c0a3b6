import { bucketOf, epochUsOf, timestampOf } from "./sql-time.ts";

export interface TimedInsert {
  /** What is stored. What is older than raw data goes into the table of that name with `_past` behind it. */
  table: string;
  /** The table of raw data. */
  live: string;
  /** Of the table, `ts` first. */
  columns: string;
  /** For the columns after `ts`. */
  values: string;
  /** A row source `u` with `ts_us` in it. */
  rows: string;
  /** Parameter: the earliest `ts_us` of the rows. */
  earliest: string;
  /** Where an hour is noted whose rollups are made already, with the key of its rows. */
  stale: { table: string; key: string };
  /** Is what is no longer new packed? Then what comes late for that goes into the table with `_late` behind its name. */
  isPacked: boolean;
}

/**
 * An insert of raw data that keeps what `tape_state` promises: whatever is earlier than the watermark is noted as stale,
 * in the same statement and under a lock on the row that says how far the watermark is. The Keeper moves the watermark
 * in a transaction of its own, which waits for those locks: so what is stored without a note can be seen by the time that
 * rollups are made of it. Where all rows are later, as they are as a rule, neither note nor past reads any row.
 *
 * @returns the statement, for a clause that says what happens to rows that are stored already.
 */
export function insertOfTime(insert: TimedInsert) {
  const { table, live, columns, values, rows, earliest, stale, isPacked } = insert;
  const ts = timestampOf("u.ts_us");
  // In microseconds: to compare them costs nothing, where a timestamptz of each row would be made once more.
  const before = (moment: string) =>
    `(select ${moment} from state) > ${earliest}::int8 and u.ts_us < (select ${moment} from state)`;
  const from = (moment: string) => `u.ts_us >= (select ${moment} from state)`;
  const rowsFrom = isPacked ? "packed_through" : "raw_from";
  return (settle: (table: string) => string): string => {
    const into = (name: string, where: string) => `
  insert into ${name} (${columns}) select ${ts}, ${values} from ${rows} where ${where}
  ${settle(name)}`;
    const late = into(`${table}_late`, `${before("packed_through")} and ${from("raw_from")}`);
    return `
with state as materialized (
  select ${epochUsOf("watermark")} as watermark, ${epochUsOf("raw_from")} as raw_from,
    ${epochUsOf("packed_through")} as packed_through
  from tape_state for share),
note as (
  insert into ${stale.table} (hour, ${stale.key})
  select distinct ${bucketOf(ts, "3600000000")}, u.${stale.key} from ${rows} where ${before("watermark")}),
past as (${into(`${table}_past`, before("raw_from"))})${isPacked ? `,\nlate as (${late})` : ""}
${into(live, from(rowsFrom))}`;
  };
}
