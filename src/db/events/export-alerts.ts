import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { epochUsOf } from "../driver/sql-time.ts";
import { ALERT_TEXT, alertOf } from "./alert-event.ts";
import { isNext, type Place, placeOf, type SymbolRange } from "./export-place.ts";

const selectAlerts = (range: SymbolRange, after: Place): Sql => sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, ordinal, ${ALERT_TEXT} as alert from alert_changes a
where ${isNext(range, after)}
order by a.ts, cursor, ordinal limit ${range.pageRows}`;

/** The stored changes of a symbol's alerts, by time, page after page. @throws DatabaseError */
export async function* alertPages(
  db: Database,
  range: SymbolRange,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  let after: Place = [range.fromUs, -1, -1];
  for (;;) {
    const rows = await ask(db, selectAlerts(range, after), tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: alertOf(row) }));
    if (rows.length < range.pageRows) return;
    after = placeOf(last);
  }
}
