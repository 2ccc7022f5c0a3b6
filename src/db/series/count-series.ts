import { canonicalLabels } from "../../core/labels.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { Database } from "../driver/database.ts";

const SELECT = `
select count(*)::int4 as series from (
  select from series where symbol_id = (select id from symbols where symbol = $1) and metric = $2 and labels @> $3::jsonb
  limit $4) s`;

/** How many series of a metric have at least these labels, counted up to `most`. @throws what `classifyFailure` reads. */
export async function countSeries(
  db: Database,
  wanted: { symbol: SymbolName; metric: string; labels: Readonly<Record<string, string>> },
  most: number,
  tag?: string,
): Promise<number> {
  const params = [wanted.symbol, wanted.metric, canonicalLabels(wanted.labels), most];
  const [row] = await db.query(SELECT, params, tag);
  return (row?.["series"] as number | undefined) ?? 0;
}
