import { type LogFilter, numberOfLevel } from "../../core/logs/log-filter.ts";
import type { LogPlace, PlacedLine } from "../../core/logs/log-place.ts";
import { DAY_US, HOUR_US } from "../../core/time/duration.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { texts } from "../driver/rows-of.ts";
import { join, literal, NOTHING, param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, momentOf } from "../driver/sql-time.ts";
import { LOG_TEXT, logOf } from "../events/log-row.ts";
import { queryTextOf } from "./log-query-text.ts";

/**
 * The newest lines are looked at one by one, so many of them: what is common is found there, and what is not found there is rare
 * enough to be found by its words.
 */
const SCANNED_LINES = 2_000;
/**
 * Where a scan has found this part of what is wanted, a longer one finds the rest sooner than words do, of which each is in too many
 * lines: one of about the length that the first foretells.
 */
const COMMON_PART = 8;
const SCAN_MARGIN = 1.5;
/** Behind every symbol: nothing of that place is wanted any more. */
const AFTER_ALL = "\u{10ffff}" as SymbolName;
/** Hours that are looked for by words at once, each time so many times as many; more than a day of them is all the rest. */
const HOURS_GROWTH = 4;
const MOST_HOURS = 24;
/** Of more of them the index does without their words: it looks at each word for each line, and whole days have few lines more. */
const MOST_HOUR_WORDS = 8;

/**
 * The newest lines of a filter that Postgres has, `most` of them, and any others of the same moment as the last.
 *
 * @throws DatabaseError
 */
export async function readLogLines(
  db: Database,
  filter: LogFilter,
  most: number,
  { tag, scannedLines = SCANNED_LINES }: { tag?: string; scannedLines?: number } = {},
): Promise<PlacedLine[]> {
  if (filter.symbols?.stored.length === 0) return [];
  const read = async (statement: Sql) => (await ask(db, statement, tag)).map(placedOf);
  const isByIndex = filter.correlationId !== null || queryTextOf(filter) === null;
  if (isByIndex || isOneSymbol(filter)) return read(selectInOrder(filter, most));
  const lines: PlacedLine[] = [];
  const scan = async (from: LogFilter, count: number): Promise<Moment | null> => {
    const rows = await ask(db, selectScanned(from, most - lines.length, count), tag);
    for (const row of rows) if (row["line"] !== null) lines.push(placedOf(row));
    return scannedTo(rows);
  };
  let end = await scan(filter, scannedLines);
  if (end === null || lines.length >= most) return lines;
  if (lines.length >= most / COMMON_PART) {
    const wanted = (SCAN_MARGIN * scannedLines * (most - lines.length)) / lines.length;
    end = await scan({ ...filter, after: { ...end, symbol: AFTER_ALL } }, Math.ceil(wanted));
    if (end === null) return lines;
  }
  const sinceUs = Math.max(1, Math.min(filter.toUs, filter.after?.ts ?? filter.toUs) - end.ts);
  let toUs = (end.ts + 1) as EpochUs;
  let hours = hoursFor(most - lines.length, lines.length, sinceUs);
  while (lines.length < most && toUs > filter.fromUs) {
    const fromHour = Math.floor((toUs - 1) / HOUR_US) - hours + 1;
    const isRest = hours > MOST_HOURS;
    const fromUs = (
      isRest ? filter.fromUs : Math.max(filter.fromUs, fromHour * HOUR_US)
    ) as EpochUs;
    const numbers =
      hours > MOST_HOUR_WORDS ? [] : Array.from({ length: hours }, (_, at) => fromHour + at);
    const part = { filter: { ...filter, fromUs, toUs }, hours: numbers, behind: end };
    lines.push(...(await read(selectByWords(part, most - lines.length))));
    toUs = fromUs;
    hours *= HOURS_GROWTH;
  }
  return lines;
}

/** Where a place is among lines: the last that was looked at, with all others there. */
type Moment = Pick<PlacedLine, "ts" | "cursor" | "ordinal">;

/** Null where there is nothing behind what was scanned. */
function scannedTo([row]: readonly Row[]): Moment | null {
  const [us, cursor, ordinal] = ["end_us", "end_cursor", "end_ordinal"].map((name) => row?.[name]);
  if (us === null || us === undefined) return null;
  return { ts: Number(us) as EpochUs, cursor: Number(cursor) as Cursor, ordinal: Number(ordinal) };
}

/** How many hours of words may have as many lines, as far as the scan can tell. */
function hoursFor(wanted: number, found: number, sinceUs: number): number {
  const hours = (wanted * sinceUs) / Math.max(found, 1) / HOUR_US;
  return Math.max(1, Math.min(MOST_HOURS, Math.ceil(hours)));
}

function placedOf(row: Row): PlacedLine {
  return {
    ts: Number(row["ts_us"]) as EpochUs,
    cursor: Number(row["cursor"]) as Cursor,
    ordinal: Number(row["ordinal"]),
    symbol: row["symbol"] as SymbolName,
    event: logOf(row),
  };
}

/** With nothing beside it an index has its lines in their order. */
function isOneSymbol({ symbols, service, search, level }: LogFilter): boolean {
  const isAlone = service === null && search.length === 0 && numberOfLevel(level) === 1;
  return isAlone && symbols?.stored.length === 1;
}

const NEWEST = sql`l.ts desc, l.cursor desc, l.ordinal desc`;
const COLUMNS = sql`${epochUsOf(sql`l.ts`)} as ts_us, l.cursor, l.ordinal, y.symbol, ${LOG_TEXT} as line`;

/** SQL: is `l` in the time of the filter, and behind its place? */
function inTime({ fromUs, toUs, after }: LogFilter): Sql {
  return sql`l.ts >= ${momentOf(fromUs)} and l.ts < ${momentOf(toUs)} ${after === null ? NOTHING : behindPlace(after)}`;
}

/** SQL: by the index up to the place, where of lines of one place the symbol decides. */
function behindPlace({ ts, cursor, ordinal, symbol }: LogPlace): Sql {
  const place = sql`(${momentOf(ts)}, ${param(cursor)}::int8, ${param(ordinal)}::int2)`;
  return sql`and (l.ts, l.cursor, l.ordinal) <= ${place} and ((l.ts, l.cursor, l.ordinal) < ${place}
    or (select symbol from symbols where id = l.symbol_id) collate "C" > ${symbol})`;
}

/** SQL: is `l` of the filter, whatever its time and its words? */
function isOf({ symbols, service, correlationId, level }: LogFilter): Sql {
  const least = numberOfLevel(level);
  const conditions: Sql[] = [];
  if (symbols !== null) conditions.push(ofSymbols(symbols.stored));
  if (service !== null) conditions.push(sql`l.service = ${service}`);
  if (correlationId !== null)
    conditions.push(sql`l.correlation_id = ${correlationId} and l.correlation_id <> ''`);
  if (least > 1) conditions.push(sql`l.level >= ${literal(least)}`);
  return conditions.length === 0 ? sql`true` : join(conditions, sql` and `);
}

function ofSymbols(symbols: readonly SymbolName[]): Sql {
  return symbols.length === 1
    ? sql`l.symbol_id = (select id from symbols where symbol = ${symbols[0] ?? ""})`
    : sql`l.symbol_id = any (array(select id from symbols where symbol = any (${texts(symbols)})))`;
}

function hasWords(filter: LogFilter): Sql {
  const text = queryTextOf({ ...filter, service: null, level: "trace", symbols: null });
  return text === null ? sql`true` : sql`l.words @@ ${text}::tsquery`;
}

/** By an index that has the lines in their order: of an id, of a symbol or of all. */
const selectInOrder = (filter: LogFilter, most: number): Sql => sql`
select ${COLUMNS} from (
  select * from log_lines l where ${inTime(filter)} and ${isOf(filter)} and ${hasWords(filter)}
  order by ${NEWEST} fetch first ${literal(most)} rows with ties) l
join symbols y on y.id = l.symbol_id
order by ${NEWEST}`;

/** Those of the newest lines, one row at least; `end_...`: the last line that was looked at, null where there are none behind it. */
const selectScanned = (filter: LogFilter, most: number, scannedLines: number): Sql => sql`
with scanned as materialized (
  select l.ts, l.cursor, l.ordinal, l.symbol_id, ${isOf(filter)} and ${hasWords(filter)} as is_wanted
  from log_lines l where ${inTime(filter)}
  order by ${NEWEST} fetch first ${literal(scannedLines)} rows with ties),
found as (
  select l.* from scanned l where is_wanted order by ${NEWEST} fetch first ${literal(most)} rows with ties),
scan_end as (
  select ${epochUsOf(sql`ts`)} as end_us, cursor as end_cursor, ordinal as end_ordinal from scanned
  where (select count(*) from scanned) >= ${literal(scannedLines)} order by ts, cursor, ordinal limit 1)
select e.*, f.* from (select) one left join scan_end e on true left join (
  select ${COLUMNS} from found
  join log_lines l using (symbol_id, ts, cursor, ordinal)
  join symbols y on y.id = l.symbol_id
  order by ${NEWEST}) f on true`;

/** Borders of days, by which Postgres knows which partitions it needs. */
const dayOf = (us: number, days: number) => momentOf((Math.floor(us / DAY_US) + days) * DAY_US);
/** Not to be looked for in the index of moments, which has far more lines than the words have. */
const MOMENT = sql`l.ts + interval '0 s'`;

interface Part {
  filter: LogFilter;
  hours: readonly number[];
  behind: Moment;
}

/** By the index of words, which has no order: all that is found is sorted. */
const selectByWords = ({ filter, hours, behind }: Part, most: number): Sql => sql`
with hits as materialized (
  select l.ts, l.cursor, l.ordinal, l.symbol_id from log_lines l
  where l.words @@ ${queryTextOf(filter, hours) ?? ""}::tsquery
    and l.ts >= ${dayOf(filter.fromUs, 0)} and l.ts < ${dayOf(filter.toUs - 1, 1)}
    and ${MOMENT} >= ${momentOf(filter.fromUs)} and ${MOMENT} < ${momentOf(filter.toUs)}
    and (${MOMENT}, l.cursor, l.ordinal) < (${momentOf(behind.ts)}, ${behind.cursor}::int8, ${behind.ordinal}::int2)
    and ${isOf(filter)}),
newest as (select l.* from hits l order by ${NEWEST} fetch first ${literal(most)} rows with ties)
select ${COLUMNS} from newest
join log_lines l using (symbol_id, ts, cursor, ordinal)
join symbols y on y.id = l.symbol_id
order by ${NEWEST}`;
