import type { ChosenSymbols } from "../../core/logs/log-filter.ts";
import type { MetricEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { texts } from "../driver/rows-of.ts";
import { literal, NOTHING, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf, momentOf } from "../driver/sql-time.ts";
import { storedPoints } from "../series/stored-points-sql.ts";
import { metricOf } from "./event-rows.ts";

/** Series that are looked at: whoever gives each request some of its own has one for each metric. */
const MOST_SERIES = 200;

/** SQL: series that a condition holds for, of these symbols. */
const seriesWith = (isWanted: Sql, also: Sql): Sql => sql`
  (select s.id, y.symbol, s.metric, s.labels_key from series s join symbols y on y.id = s.symbol_id
   where ${isWanted} ${also} limit ${literal(MOST_SERIES)})`;

// Word by word as the indexes of these few have it.
const hasCorrelationId = (id: string) => sql`s.labels_key like '%"correlation_id":%'
     and s.labels_key::jsonb ->> 'correlation_id' = ${id}`;
const hasTraceId = (id: string) => sql`s.labels_key like '%"trace_id":%'
     and s.labels_key::jsonb ->> 'trace_id' = ${id}`;

/**
 * The last points of series with a label `correlation_id` or `trace_id` of this value, at most `most` of each series.
 *
 * @throws DatabaseError
 */
export async function readTracedPoints(
  db: Database,
  query: { id: string; symbols: ChosenSymbols | null; toUs: EpochUs; most: number },
  tag?: string,
): Promise<{ symbol: SymbolName; event: MetricEvent }[]> {
  const { id, symbols, toUs, most } = query;
  const also = symbols === null ? NOTHING : sql`and y.symbol = any (${texts(symbols.stored)})`;
  const points = storedPoints({
    series: sql`(${seriesWith(hasCorrelationId(id), also)} union ${seriesWith(hasTraceId(id), also)}) s`,
    columns: sql`s.symbol, s.metric, s.labels_key, ${epochUsOf(sql`p.ts`)} as ts_us, p.value`,
    to: momentOf(toUs),
    where: sql`true`,
    only: { order: "desc", count: literal(most) },
  });
  const rows = await ask(
    db,
    sql`select * from (${points}) p order by ts_us desc limit ${literal(most)}`,
    tag,
  );
  return rows.map((row) => ({ symbol: row["symbol"] as SymbolName, event: metricOf(row) }));
}
