import { identifier, join, NOTHING, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { hourOf } from "../driver/sql-time.ts";

/** Which stored points are wanted of each of some series. */
export interface PointsWanted {
  /** A row source `s` with `id`, of whose columns all else may make use. */
  series: Sql;
  /** Of `s` and of the point `p`: ts, value, cursor, and ordinal where that is asked for. */
  columns: Sql;
  /** What is not unpacked costs nothing. */
  hasOrdinal?: true;
  /** Those of closed hours too, which count nowhere. */
  hasSetAside?: true;
  /** Moments: the range is [from, to). */
  from?: Sql;
  to: Sql;
  /** What else `p` must be. */
  where: Sql;
  /** Of each series only the first so many by time, or the last. */
  only?: { order: "asc" | "desc"; count: Sql };
}

/**
 * SQL: stored points of any number of series. They come from four places: rows; rows of times whose
 * raw data is gone; packed hours; and packed hours for which something has come late, where of two
 * points of a moment the later in the log counts (INV-9). Which of the last two an hour is in is
 * asked once an hour, so that packed points are unpacked and no more.
 */
export function storedPoints(wanted: PointsWanted): Sql {
  const sources = join(
    [rows, pastRows, packed, late, ...(wanted.hasSetAside ? [rowsSetAside] : [])].map((source) =>
      source(wanted),
    ),
    sql` union all `,
  );
  const points =
    wanted.only === undefined
      ? sources
      : sql`select ${columnsOf(wanted)} from (${sources}) p ${firstOf(wanted, ["p.ts"])}`;
  return sql`
  select ${wanted.columns} from ${wanted.series} ${byIndex(points, sql`p`)}`;
}

const columnsOf = ({ hasOrdinal }: PointsWanted): Sql =>
  sql`ts, value, cursor${hasOrdinal ? sql`, ordinal` : NOTHING}`;

const within = ({ from, to, where }: PointsWanted): Sql =>
  sql`${from === undefined ? NOTHING : sql`p.ts >= ${from} and `}p.ts < ${to} and ${where}`;

/**
 * With nothing but the time to go by; `hour` where points come hour by hour, already in that order.
 */
function firstOf({ only }: PointsWanted, by: readonly string[]): Sql {
  if (only === undefined) return NOTHING;
  const order = identifier(only.order);
  return sql`order by ${join(by.map((column) => sql`${identifier(column)} ${order}`))} limit ${only.count}`;
}

const rows = (wanted: PointsWanted): Sql => sql`
    (select ${columnsOf(wanted)} from points p
    where p.series_id = s.id and p.ts >= (select packed_through from tape_state) and ${within(wanted)}
    ${firstOf(wanted, ["p.ts"])})`;

const rowsOf = (table: Sql) => (wanted: PointsWanted) =>
  sql`
    (select ${columnsOf(wanted)} from ${table} p where p.series_id = s.id and ${within(wanted)}
    ${firstOf(wanted, ["p.ts"])})`;
const pastRows = rowsOf(sql`points_past`);
const rowsSetAside = rowsOf(sql`points_set_aside`);

// In the select list, where arrays are unpacked together and row by row: twice as fast as in FROM
// (measured), and where the hours come in order it stops at the limit.
const UNPACKED_BUT_ORDINAL = sql`unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor`;
/** SQL: the points of packed hours `k`. */
export const UNPACKED = sql`${UNPACKED_BUT_ORDINAL}, unnest(k.ordinal) as ordinal`;
/** SQL: are the points of the packed hour `k` read, rather than rows of the same? */
export const IS_PACKED = sql`k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state)`;

/**
 * SQL: is the row `p` of points read, and not of a range that is yet to come? There are ranges of
 * four weeks ahead, and a look for the newest point of a series would go through each.
 */
export const IS_ROW = sql`p.ts >= (select packed_through from tape_state) and p.ts < now() + interval '1 hour'`;

// Postgres takes an array for ten elements, and a range for a hundredth of them: then it sorts the
// points of a day, on disk, where it should hash. Of subscripts it expects a thousand, and of CASE
// the half.
function packed(wanted: PointsWanted): Sql {
  const { from, to, only, hasOrdinal } = wanted;
  return sql`
    (select ${columnsOf(wanted)} from (
      select k.hour, ${hasOrdinal ? UNPACKED : UNPACKED_BUT_ORDINAL}, generate_subscripts(k.ts, 1)
      from packed_points k
      where k.series_id = s.id and k.hour < ${to} ${from === undefined ? NOTHING : sql`and k.hour > ${from} - interval '1 hour'`}
        and ${IS_PACKED} and not exists (
          select from points_late l
          where l.series_id = s.id and l.ts >= k.hour and l.ts < k.hour + interval '1 hour')
      ${only === undefined ? NOTHING : sql`order by k.hour ${identifier(only.order)}`}) p
    where case when ${within(wanted)} then true else false end
    ${firstOf(wanted, ["p.hour", "p.ts"])})`;
}

function late(wanted: PointsWanted): Sql {
  const { from, to } = wanted;
  const inHours = sql`l.series_id = s.id and l.ts < ${to} + interval '1 hour'
      ${from === undefined ? NOTHING : sql`and l.ts > ${from} - interval '1 hour'`}`;
  return sql`
    (select ${columnsOf(wanted)} from (
      select distinct on (p.ts) p.ts, p.value, p.cursor, p.ordinal from (
        select l.ts, l.value, l.cursor, l.ordinal from points_late l where ${inHours}
        union all
        select ${UNPACKED}
        from (select distinct ${hourOf(sql`l.ts`)} as hour from points_late l where ${inHours}) h
        join packed_points k on k.series_id = s.id and k.hour = h.hour) p
      where ${within(wanted)}
      order by p.ts, p.cursor desc, p.ordinal desc) p
    ${firstOf(wanted, ["p.ts"])})`;
}
