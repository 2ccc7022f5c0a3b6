import type { SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import type { Database } from "./database.ts";
import { epochUsOf } from "./sql-time.ts";

export interface MetricName {
  metric: string;
  labels: Record<string, string>;
  /** Newest stored point; null where the series has none. */
  lastTs: EpochUs | null;
}

const SELECT = `
select s.metric, s.labels_key, ${epochUsOf(`greatest(
    (select max(ts) from points where series_id = s.id),
    (select max(ts) from points_past where series_id = s.id),
    (select last_ts from series_1h where series_id = s.id order by bucket desc limit 1))`)} as last_us
from series s
join symbols y on y.id = s.symbol_id
where y.symbol = $1
order by s.metric, s.labels_key`;

/** Every stored series of a symbol. @throws what `classifyFailure` reads. */
export async function readMetricNames(
  db: Database,
  symbol: SymbolName,
  tag?: string,
): Promise<MetricName[]> {
  const rows = await db.query(SELECT, [symbol], tag);
  return rows.map((row) => ({
    metric: row["metric"] as string,
    labels: JSON.parse(row["labels_key"] as string) as Record<string, string>,
    lastTs: row["last_us"] === null ? null : (Number(row["last_us"]) as EpochUs),
  }));
}
