import { identifier, NOTHING, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, hourOf, timestampOf } from "../driver/sql-time.ts";
import { isProved } from "./insert-into.ts";
import type { IdsProof } from "./series-ids.ts";

export interface TimedInsert {
  /**
   * What is stored. What is older than raw data goes into the table of that name with `_past` or
   * `_set_aside` behind it.
   */
  table: "points" | "trades";
  /** The table of raw data. */
  live: Sql;
  /** Of the table, `ts` first. */
  columns: Sql;
  /** For the columns after `ts`. */
  values: Sql;
  /** A row source `u` with `ts_us` in it. */
  rows: Sql;
  /** The earliest `ts_us` of the rows. */
  earliest: Sql;
  /** Of the ids in it. */
  proof: IdsProof;
  /** Where an hour is invalidated whose rollups are made already, with the key of its rows. */
  stale: { table: Sql; key: Sql };
  /** Is `p`, a row of the table's past, the same as `u`, whose moment is `u.ts`? */
  isSame: Sql;
  /**
   * Is what is no longer new packed? Then what comes late for that goes into the table with `_late`
   * behind its name.
   */
  isPacked: boolean;
  /** What happens to rows that are stored already in a table; nothing: the insert fails. */
  settle: (table: Sql) => Sql;
}

/**
 * An insert of raw data that keeps what `tape_state` promises: whatever is earlier than the
 * watermark leaves an invalidation, in the same statement and under a lock on the row that says how
 * far the watermark is. The Keeper moves the watermark in a transaction of its own, which waits for
 * those locks: so what is stored without an invalidation can be seen by the time that rollups are
 * made of it. Where all rows are later, as they are as a rule, neither invalidation nor past reads
 * any row.
 *
 * What is older than raw data goes to the past, or is set aside where its hour is closed (SPEC K-1)
 * and it is not in the past already, as it can be where minutes told once that it was new.
 *
 * In another database than the one of the ids nothing is stored: there they are those of other series.
 *
 * One row: how many rows were set aside (`set_aside`), and which database this is (`identity`), null where it is another.
 */
export function insertOfTime(insert: TimedInsert): Sql {
  const { table, live, columns, values, rows, earliest, proof } = insert;
  const { stale, isSame, isPacked, settle } = insert;
  const of = (what: "past" | "set_aside" | "late") => identifier(`${table}_${what}`);
  const ts = timestampOf(sql`u.ts_us`);
  // In microseconds: to compare them costs nothing, where a timestamptz of each row would be made
  // once more.
  const before = (moment: Sql) =>
    sql`(select ${moment} from state) > ${earliest}::int8 and u.ts_us < (select ${moment} from state)`;
  const from = (moment: Sql) => sql`u.ts_us >= (select ${moment} from state)`;
  const into = (name: Sql, source: Sql) => sql`
  insert into ${name} (${columns}) select ${source}
  ${settle(name)}`;
  const ofRows = (where: Sql) => sql`${ts}, ${values} from ${rows} where ${where}`;
  const late = into(
    of("late"),
    ofRows(sql`${before(sql`packed_through`)} and ${from(sql`raw_from`)}`),
  );
  const placed = (where: Sql) => sql`u.ts, ${values} from placed u where ${where}`;
  return sql`
with state as materialized (
  select ${epochUsOf(sql`watermark`)} as watermark, ${epochUsOf(sql`raw_from`)} as raw_from,
    ${epochUsOf(sql`packed_through`)} as packed_through, minutes_from, identity
  from tape_state where ${isProved(proof)} for share),
invalidation as (
  insert into ${stale.table} (hour, ${stale.key})
  select distinct ${hourOf(ts)}, u.${stale.key} from ${rows} where ${before(sql`watermark`)}),
old as materialized (select ${ts} as ts, u.* from ${rows} where ${before(sql`raw_from`)}),
closed as materialized (
  select c.* from (
    select array_agg(${stale.key}) as keys, array_agg(ts) as moments from old having count(*) > 0) o
  cross join lateral ${identifier(`closed_${table}`)}(o.keys, o.moments, (select minutes_from from state)) c),
placed as materialized (
  select u.*, (u.${stale.key}, u.ts) in (select key, ts from closed)
    and not exists (select from ${of("past")} p where ${isSame}) as is_set_aside
  from old u),
past as (${into(of("past"), placed(sql`not u.is_set_aside`))}),
aside as (${into(of("set_aside"), placed(sql`u.is_set_aside`))}),
${isPacked ? sql`late as (${late}),` : NOTHING}
stored as (${into(live, ofRows(from(isPacked ? sql`packed_through` : sql`raw_from`)))})
select count(*)::int4 as set_aside, (select identity::text from state) as identity from placed where is_set_aside`;
}
