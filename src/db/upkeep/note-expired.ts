import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { identifier, literal, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, momentOf, timestampOf } from "../driver/sql-time.ts";

/** Series, or symbols, whose hours are read at once: a week of each has 168. */
const NAMES_AT_ONCE = 256;
/** Log lines that are gone through at once. */
const LINES_AT_ONCE = 10_000;

/**
 * SQL: notes the newest cursor of each symbol among rows of (symbol_id, cursor) that retention drops. A
 * replay from before it is told that something is missing (SPEC S-10).
 */
export const noteExpired = (gone: Sql): Sql => sql`
insert into expired_cursors as e (symbol_id, cursor)
select symbol_id, max(cursor) from ${gone} group by symbol_id
on conflict (symbol_id) do update set cursor = greatest(e.cursor, excluded.cursor)`;

/** Where raw data would begin: null where nothing is old enough, or where it begins there already. */
const selectNewFrom = (beforeUs: EpochUs) => sql`
select ${epochUsOf(sql`n.new_from`)} as new_from_us, ${epochUsOf(sql`n.raw_from`)} as raw_from_us from (
  select raw_from, range_end_before('trades_live', least(${timestampOf(sql`${beforeUs}`)}, rolled_through)) as new_from
  from tape_state) n
where n.new_from > n.raw_from`;

/** What the rollups of an hour know of cursors: each has the newest in it. */
interface RolledHours {
  names: Sql;
  hours: Sql;
  key: Sql;
}

const POINTS: RolledHours = {
  names: sql`select id, symbol_id from series`,
  hours: sql`metrics_1h_live`,
  key: sql`series_id`,
};
const TRADES: RolledHours = {
  names: sql`select id, id as symbol_id from symbols`,
  hours: sql`bars_1h_live`,
  key: sql`symbol_id`,
};

const noteHours = (
  { names, hours, key }: RolledHours,
  { fromUs, toUs }: { fromUs: number; toUs: number },
  afterId: number,
) => sql`
with part as (${names} where id > ${afterId}::int4 order by id limit ${literal(NAMES_AT_ONCE)}),
gone as (
  select s.symbol_id, h.cursor from part s cross join lateral (
    select max(r.cursor) as cursor from ${hours} r
    where r.${key} = s.id and r.bucket >= ${momentOf(fromUs)} and r.bucket < ${momentOf(toUs)}) h
  where h.cursor is not null),
noted as (${noteExpired(sql`gone`)})
select max(id) as last_id from part`;

/**
 * Notes what goes with the raw data before a moment, and says up to where it may go; null where none of it is due. What comes late
 * meanwhile leaves its hour stale, and raw data whose rollups are stale is not dropped.
 *
 * @throws DatabaseError
 */
export async function noteRawBefore(db: Database, beforeUs: EpochUs): Promise<EpochUs | null> {
  const [due] = await ask(db, selectNewFrom(beforeUs));
  if (due === undefined) return null;
  const range = { fromUs: Number(due["raw_from_us"]), toUs: Number(due["new_from_us"]) };
  for (const kind of [POINTS, TRADES]) {
    for (let afterId: number | null = 0; afterId !== null; ) {
      const [row]: { last_id?: unknown }[] = await ask(db, noteHours(kind, range, afterId));
      const lastId: unknown = row?.last_id ?? null;
      afterId = lastId === null ? null : Number(lastId);
    }
  }
  return range.toUs as EpochUs;
}

/** A line's place in the index of its day. */
interface LinePlace {
  symbolId: number;
  us: number;
  cursor: number;
  ordinal: number;
}

const noteLines = (day: Sql, { symbolId, us, cursor, ordinal }: LinePlace) => sql`
with part as (
  select symbol_id, ts, cursor, ordinal from ${day}
  where (symbol_id, ts, cursor, ordinal) >
    (${symbolId}::int4, ${timestampOf(sql`${us}`)}, ${cursor}::int8, ${ordinal}::int2)
  order by symbol_id, ts, cursor, ordinal limit ${literal(LINES_AT_ONCE)}),
noted as (${noteExpired(sql`part`)})
select symbol_id, ${epochUsOf(sql`ts`)} as ts_us, cursor, ordinal from part
order by part.symbol_id desc, part.ts desc, part.cursor desc, part.ordinal desc limit 1`;

/**
 * Notes what goes with the days of log lines that were over by a moment.
 *
 * @throws DatabaseError
 */
export async function noteLogDaysBefore(db: Database, beforeUs: EpochUs): Promise<void> {
  const over = sql`select child from log_days() where day_to <= ${timestampOf(sql`${beforeUs}`)}`;
  for (const { child } of await ask(db, over)) {
    const day = identifier(String(child));
    for (let place: LinePlace | null = { symbolId: 0, us: 0, cursor: 0, ordinal: 0 }; place; ) {
      const [row]: Record<string, unknown>[] = await ask(db, noteLines(day, place));
      place =
        row === undefined
          ? null
          : {
              ...{ symbolId: Number(row["symbol_id"]), us: Number(row["ts_us"]) },
              ...{ cursor: Number(row["cursor"]), ordinal: Number(row["ordinal"]) },
            };
    }
  }
}
