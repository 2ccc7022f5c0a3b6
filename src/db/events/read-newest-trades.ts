import { tradeKey } from "../../core/events/encode-events.ts";
import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import type { TradeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { rowsOf, texts } from "../driver/rows-of.ts";
import { param, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import { epochUsOf, timestampOf } from "../driver/sql-time.ts";
import { tradeOf } from "./event-rows.ts";

export interface NewestTradesQuery {
  symbol: SymbolName;
  /** Rows behind it are not read: the tail has those trades, and none is replaced by a later one. */
  storedThrough: Cursor;
  /** What the room has behind it. */
  tail: readonly LoggedEvent[];
  limit: number;
}

/** Each table is read backwards by its index of a symbol's time, and no further than the limit. */
function selectNewest({ symbol, storedThrough, limit }: NewestTradesQuery): Sql {
  const [through, most] = [param(storedThrough), param(limit)];
  const newestOf = (table: Sql) => sql`
  (select ts, cursor, ordinal, price, size, side, venue, trade_id from ${table} t
   where symbol_id = (select id from symbols where symbol = ${symbol}) and cursor <= ${through}
   order by t.ts desc, cursor desc, ordinal desc limit ${most})`;
  return sql`
select ${epochUsOf(sql`ts`)} as ts_us, cursor, price, size, side, venue, trade_id
from (${newestOf(sql`trades_live`)} union all ${newestOf(sql`trades_past`)}) t
order by t.ts desc, cursor desc, ordinal desc limit ${most}`;
}

/** The trades of one moment that have one of these names, each by a look at the index of names. */
function selectNamed(
  { symbol, storedThrough }: NewestTradesQuery,
  ts: EpochUs,
  named: readonly TradeEvent[],
): Sql {
  const names = rowsOf("u", {
    venue: texts(named.map(({ venue }) => venue ?? "")),
    trade_id: texts(named.map(({ id }) => id ?? "")),
  });
  const [through, moment] = [param(storedThrough), timestampOf(param(ts))];
  const namedIn = (table: Sql) => sql`
  select t.ts, t.cursor, t.ordinal, t.price, t.size, t.side, t.venue, t.trade_id from ${table} t
  where t.symbol_id = (select id from symbols where symbol = ${symbol}) and t.ts = ${moment} and t.cursor <= ${through}
    and t.venue = u.venue and t.trade_id = u.trade_id and t.trade_id <> ''`;
  const rows = sql`${namedIn(sql`trades_live`)} union all ${namedIn(sql`trades_past`)}`;
  return sql`
select ${epochUsOf(sql`x.ts`)} as ts_us, x.cursor, x.price, x.size, x.side, x.venue, x.trade_id
from ${names} ${byIndex(rows, sql`x`)}
order by x.cursor desc, x.ordinal desc`;
}

/**
 * The newest stored trades of a symbol, the newest first, at one moment the last in the log. Behind them come those of the
 * oldest moment that the tail has again: the tail's would count as others, for their first places are beyond the limit.
 *
 * @throws DatabaseError
 */
export async function readNewestTrades(
  db: Database,
  query: NewestTradesQuery,
  tag?: string,
): Promise<LoggedEvent[]> {
  const newest = (await ask(db, selectNewest(query), tag)).map(loggedOf);
  const oldestUs = newest.length < query.limit ? undefined : newest.at(-1)?.event.ts;
  if (oldestUs === undefined) return newest;
  const unsure = unsureTrades(newest, query.tail, oldestUs);
  if (unsure.length === 0) return newest;
  return [...newest, ...(await ask(db, selectNamed(query, oldestUs, unsure), tag)).map(loggedOf)];
}

/** Trades of the tail at a moment, known by a name that none of the newest has. */
function unsureTrades(
  newest: readonly LoggedEvent[],
  tail: readonly LoggedEvent[],
  momentUs: EpochUs,
): TradeEvent[] {
  const known = new Set(newest.map(({ event }) => tradeKey(event)));
  return tail.flatMap(({ event }) => {
    if (event.kind !== "trade" || event.id === undefined || event.ts !== momentUs) return [];
    const key = tradeKey(event);
    if (known.has(key)) return [];
    known.add(key);
    return [event];
  });
}

function loggedOf(row: Row): LoggedEvent {
  return { cursor: Number(row["cursor"]) as Cursor, event: tradeOf(row) };
}
