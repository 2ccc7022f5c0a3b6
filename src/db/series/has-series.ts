import { canonicalLabels } from "../../core/labels.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { Database } from "../driver/database.ts";

const SELECT = `
select exists (
  select from series s join symbols y on y.id = s.symbol_id
  where y.symbol = $1 and s.metric = $2 and s.labels @> $3::jsonb) as is_known`;

/** Has a metric of a symbol ever been stored with at least these labels? @throws what `classifyFailure` reads. */
export async function hasSeries(
  db: Database,
  symbol: SymbolName,
  metric: string,
  labels: Readonly<Record<string, string>>,
  tag?: string,
): Promise<boolean> {
  const [row] = await db.query(SELECT, [symbol, metric, canonicalLabels(labels)], tag);
  return row?.["is_known"] === true;
}
