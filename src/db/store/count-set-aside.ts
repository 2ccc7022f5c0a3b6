import type { AddressedEvent } from "../../core/events/encode-events.ts";
import { canonicalLabels } from "../../core/events/labels.ts";
import type { MetricEvent, TradeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { askAll } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";

type Told<Event> = readonly { symbol: SymbolName; event: Event }[];

const momentsOf = (told: Told<{ ts: number }>) => int8s(told.map(({ event }) => event.ts));

const countPoints = (points: Told<MetricEvent>) => sql`
select u.symbol, count(*)::int4 as set_aside
from ${rowsOf("u", {
  symbol: texts(points.map(({ symbol }) => symbol)),
  metric: texts(points.map(({ event }) => event.metric)),
  labels_key: texts(points.map(({ event }) => canonicalLabels(event.labels))),
  ts_us: momentsOf(points),
})}
join symbols y on y.symbol = u.symbol
join series s on s.symbol_id = y.id and s.metric = u.metric and s.labels_key = u.labels_key
join points_set_aside p on p.series_id = s.id and p.ts = ${timestampOf(sql`u.ts_us`)}
group by 1`;

/**
 * Trades without an id are known by their place, which their sender does not know: their moment
 * says the same of all of them.
 */
const countTrades = (trades: Told<TradeEvent>) => sql`
select u.symbol, count(*)::int4 as set_aside
from ${rowsOf("u", {
  symbol: texts(trades.map(({ symbol }) => symbol)),
  venue: texts(trades.map(({ event }) => event.venue ?? "")),
  trade_id: texts(trades.map(({ event }) => event.id ?? "")),
  ts_us: momentsOf(trades),
})}
join symbols y on y.symbol = u.symbol
where exists (
  select from trades_set_aside t
  where t.symbol_id = y.id and t.ts = ${timestampOf(sql`u.ts_us`)}
    and t.trade_id = u.trade_id and (u.trade_id = '' or t.venue = u.venue))
group by 1`;

/**
 * How many of these events are set aside (SPEC K-1), by symbol; those that have none are not in it.
 * All of them are stored.
 *
 * @throws DatabaseError
 */
export async function countSetAside(
  db: Database,
  events: readonly AddressedEvent[],
  tag?: string,
): Promise<Map<SymbolName, number>> {
  const statements: Sql[] = [];
  const points = events.flatMap(({ symbol, event }) =>
    event.kind === "metric" ? [{ symbol, event }] : [],
  );
  const trades = events.flatMap(({ symbol, event }) =>
    event.kind === "trade" ? [{ symbol, event }] : [],
  );
  if (points.length > 0) statements.push(countPoints(points));
  if (trades.length > 0) statements.push(countTrades(trades));
  const counts = new Map<SymbolName, number>();
  if (statements.length === 0) return counts;
  for (const row of (await askAll(db, statements, tag)).flat()) {
    const symbol = row["symbol"] as SymbolName;
    counts.set(symbol, (counts.get(symbol) ?? 0) + Number(row["set_aside"]));
  }
  return counts;
}
