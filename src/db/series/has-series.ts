import { canonicalLabels } from "../../core/events/labels.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";

/** Has a metric of a symbol ever been stored with at least these labels? @throws DatabaseError */
export async function hasSeries(
  db: Database,
  symbol: SymbolName,
  metric: string,
  labels: Readonly<Record<string, string>>,
  tag?: string,
): Promise<boolean> {
  const [row] = await ask(
    db,
    sql`
select exists (
  select from series s join symbols y on y.id = s.symbol_id
  where y.symbol = ${symbol} and s.metric = ${metric} and s.labels @> ${canonicalLabels(labels)}::jsonb) as is_known`,
    tag,
  );
  return row?.["is_known"] === true;
}
