import type { AlertEvent } from "../../protocol/events/alert.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { texts } from "../driver/rows-of.ts";
import { NOTHING, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { ALERT_TEXT, alertOf } from "./alert-event.ts";
import { type Place, placeOf } from "./export-place.ts";

export interface AlertsQuery {
  /** Null: of all. */
  symbols: readonly SymbolName[] | null;
  rule: string | null;
  /** Changes whose moment is in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** Before this one. */
  after: Place | null;
  limit: number;
}

const selectChanges = ({ symbols, rule, fromUs, toUs, after, limit }: AlertsQuery): Sql => sql`
select ${epochUsOf(sql`a.ts`)} as ts_us, a.cursor, a.ordinal, y.symbol, ${ALERT_TEXT} as alert
from alert_changes a join symbols y on y.id = a.symbol_id
where a.ts >= ${timestampOf(sql`${fromUs}`)} and a.ts < ${timestampOf(sql`${toUs}`)}
  ${symbols === null ? NOTHING : sql`and y.symbol = any (${texts(symbols)})`}
  ${rule === null ? NOTHING : sql`and a.rule = ${rule}`}
  ${after === null ? NOTHING : sql`and (a.ts, a.cursor, a.ordinal) < (${timestampOf(sql`${after[0]}`)}, ${after[1]}::int8, ${after[2]}::int2)`}
order by a.ts desc, a.cursor desc, a.ordinal desc limit ${limit}`;

/** The newest stored changes of alerts of a range, the newest first. @throws DatabaseError */
export async function readAlertChanges(
  db: Database,
  query: AlertsQuery,
  tag?: string,
): Promise<{ symbol: SymbolName; place: Place; event: AlertEvent }[]> {
  const rows = await ask(db, selectChanges(query), tag);
  return rows.map((row) => ({
    ...{ symbol: row["symbol"] as SymbolName, place: placeOf(row), event: alertOf(row) },
  }));
}
