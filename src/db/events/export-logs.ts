import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { epochUsOf } from "../driver/sql-time.ts";
import { isNext, type Place, placeOf, type SymbolRange } from "./export-place.ts";
import { LOG_TEXT, logOf } from "./log-row.ts";

/** A line is as long as so many other rows. */
const ROWS_OF_A_LINE = 4;

const selectLines = (range: SymbolRange, after: Place, limit: number): Sql => sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, ordinal, ${LOG_TEXT} as line from log_lines l
where ${isNext(range, after)}
order by l.ts, cursor, ordinal limit ${limit}`;

/** The stored log lines of an export, by time, page after page. @throws DatabaseError */
export async function* logPages(
  db: Database,
  range: SymbolRange,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  const limit = Math.ceil(range.pageRows / ROWS_OF_A_LINE);
  let after: Place = [range.fromUs, -1, -1];
  for (;;) {
    const rows = await ask(db, selectLines(range, after, limit), tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: logOf(row) }));
    if (rows.length < limit) return;
    after = placeOf(last);
  }
}
