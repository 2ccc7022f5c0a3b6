import { canonicalLabels } from "../../core/events/labels.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";

/**
 * How many series of a metric have at least these labels, counted up to `most`. @throws
 * DatabaseError
 */
export async function countSeries(
  db: Database,
  wanted: { symbol: SymbolName; metric: string; labels: Readonly<Record<string, string>> },
  most: number,
  tag?: string,
): Promise<number> {
  const { symbol, metric, labels } = wanted;
  const [row] = await ask(
    db,
    sql`
select count(*)::int4 as series from (
  select from series where symbol_id = (select id from symbols where symbol = ${symbol}) and metric = ${metric} and labels @> ${canonicalLabels(labels)}::jsonb
  limit ${most}) s`,
    tag,
  );
  return (row?.["series"] as number | undefined) ?? 0;
}
