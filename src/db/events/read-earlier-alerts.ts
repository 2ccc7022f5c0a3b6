import type { AlertEvent } from "../../protocol/events/alert.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { literal, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf } from "../driver/sql-time.ts";
import { ALERT_TEXT, alertOf } from "./alert-event.ts";

/** Changes that are looked at, the newest: one that has been as it is for longer is not known. */
const MOST_CHANGES = 20_000;

const selectLast = (symbol: SymbolName): Sql => sql`
select ${epochUsOf(sql`a.ts`)} as ts_us, ${ALERT_TEXT} as alert from (
  select distinct on (n.rule, n.series) n.* from (
    select * from alert_changes where symbol_id = (select id from symbols where symbol = ${symbol})
    order by alert_changes.cursor desc limit ${literal(MOST_CHANGES)}) n
  order by n.rule, n.series, n.cursor desc, n.ordinal desc) a
where a.state > 0`;

/** The last change of each alert of a symbol that is pending or firing by it. @throws DatabaseError */
export async function readEarlierAlerts(db: Database, symbol: SymbolName): Promise<AlertEvent[]> {
  return (await ask(db, selectLast(symbol))).map(alertOf);
}
