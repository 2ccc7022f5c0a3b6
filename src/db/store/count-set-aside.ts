import type { AddressedEvent } from "../../core/encode-events.ts";
import { canonicalLabels } from "../../core/labels.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import { numberArray, textArray } from "../driver/array-text.ts";
import type { Database, Statement } from "../driver/database.ts";
import { timestampOf } from "../driver/sql-time.ts";

const SELECT_POINTS = `
select u.symbol, count(*)::int4 as set_aside
from unnest($1::text[], $2::text[], $3::text[], $4::int8[]) as u (symbol, metric, labels_key, ts_us)
join symbols y on y.symbol = u.symbol
join series s on s.symbol_id = y.id and s.metric = u.metric and s.labels_key = u.labels_key
join points_set_aside p on p.series_id = s.id and p.ts = ${timestampOf("u.ts_us")}
group by 1`;

/** Trades without an id are known by their place, which their sender does not know: their moment says the same of all of them. */
const SELECT_TRADES = `
select u.symbol, count(*)::int4 as set_aside
from unnest($1::text[], $2::text[], $3::text[], $4::int8[]) as u (symbol, venue, trade_id, ts_us)
join symbols y on y.symbol = u.symbol
where exists (
  select from trades_set_aside t
  where t.symbol_id = y.id and t.ts = ${timestampOf("u.ts_us")}
    and t.trade_id = u.trade_id and (u.trade_id = '' or t.venue = u.venue))
group by 1`;

/**
 * How many of these events are set aside (SPEC K-1), by symbol; those that have none are not in it. All of them are stored.
 *
 * @throws what `classifyFailure` reads.
 */
export async function countSetAside(
  db: Database,
  events: readonly AddressedEvent[],
  tag?: string,
): Promise<Map<SymbolName, number>> {
  const statements: Statement[] = [];
  const points = events.flatMap(({ symbol, event }) =>
    event.kind === "metric" ? [{ symbol, event }] : [],
  );
  const trades = events.flatMap(({ symbol, event }) =>
    event.kind === "trade" ? [{ symbol, event }] : [],
  );
  if (points.length > 0) {
    const texts = [
      points.map(({ symbol }) => symbol),
      points.map(({ event }) => event.metric),
      points.map(({ event }) => canonicalLabels(event.labels)),
    ];
    const moments = numberArray(points.map(({ event }) => event.ts));
    statements.push({ text: SELECT_POINTS, params: [...texts.map(textArray), moments] });
  }
  if (trades.length > 0) {
    const texts = [
      trades.map(({ symbol }) => symbol),
      trades.map(({ event }) => event.venue ?? ""),
      trades.map(({ event }) => event.id ?? ""),
    ];
    const moments = numberArray(trades.map(({ event }) => event.ts));
    statements.push({ text: SELECT_TRADES, params: [...texts.map(textArray), moments] });
  }
  const counts = new Map<SymbolName, number>();
  if (statements.length === 0) return counts;
  for (const row of (await db.transaction(statements, tag)).flat()) {
    const symbol = row["symbol"] as SymbolName;
    counts.set(symbol, (counts.get(symbol) ?? 0) + Number(row["set_aside"]));
  }
  return counts;
}
