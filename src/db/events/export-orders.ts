import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import type { ExportQuery } from "./export-query.ts";
import { ORDER_TEXT, orderOf } from "./order-event.ts";

interface Place {
  us: number;
  /** Account, venue, order and status of the last row; null: before the first. */
  name: readonly [account: string, venue: string, id: string, status: number] | null;
}

/** By the index of time; states of one moment are sorted by name. */
function selectStates(
  { symbol, toUs, storedThrough, tailCursor, pageRows }: ExportQuery,
  { us, name }: Place,
): Sql {
  const from = timestampOf(param(us));
  const [account, venue, id, status] = name ?? ["", "", "", -1];
  return sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, ${ORDER_TEXT} as state, account, venue, order_id, status from order_states
where symbol_id = (select id from symbols where symbol = ${symbol}) and ts < ${timestampOf(sql`${toUs}`)}
  and (cursor <= ${storedThrough} or cursor > ${tailCursor}) and ts >= ${from}
  and (ts > ${from} or (account, venue, order_id, status) > (${account}::text, ${venue}::text, ${id}::text, ${status}::int2))
order by order_states.ts, account, venue, order_id, status limit ${pageRows}`;
}

/** The stored states of an export, by time, page after page. */
export async function* orderPages(
  db: Database,
  query: ExportQuery,
  tag: string | undefined,
): AsyncGenerator<LoggedEvent[], void> {
  let after: Place = { us: query.fromUs, name: null };
  for (;;) {
    const rows = await ask(db, selectStates(query, after), tag);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ cursor: Number(row["cursor"]) as Cursor, event: orderOf(row) }));
    if (rows.length < query.pageRows) return;
    after = placeOf(last);
  }
}

function placeOf(row: Row): Place {
  const [account, venue, id] = [row["account"], row["venue"], row["order_id"]].map(String);
  return {
    us: Number(row["ts_us"]),
    name: [account ?? "", venue ?? "", id ?? "", Number(row["status"])],
  };
}
