import { canonicalLabels } from "../../core/events/labels.ts";
import type { MetricEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { param, type Sql, sql } from "../driver/sql.ts";
import { epochUsOf } from "../driver/sql-time.ts";
import { IS_ROW } from "./stored-points-sql.ts";

export interface MetricName {
  metric: string;
  /** Canonical. */
  labelsKey: string;
  /** Newest point; null where the series has none. */
  lastTs: EpochUs | null;
}

export interface MetricNamesQuery {
  symbol: SymbolName;
  /** Points that may not be stored yet: their series are named with the others. */
  tail: readonly MetricEvent[];
  /**
   * Series after this one, null: from the first. By metric and labels, in the order of the
   * database.
   */
  after: { metric: string; labelsKey: string } | null;
  limit: number;
}

export interface MetricNamesPage {
  names: MetricName[];
  /** How many series there are, on this page or not. */
  series: number;
}

const KEY = sql`metric, labels_key`;

/**
 * A page is cut from the index before anybody asks for its newest points: of 100,000 series that
 * alone takes seconds.
 */
function selectNames({ symbol, tail, after, limit }: MetricNamesQuery): Sql {
  const [name, most] = [param(symbol), param(limit)];
  const [metric, labelsKey] = [param(after?.metric ?? null), param(after?.labelsKey ?? null)];
  const isAfter = sql`(${metric}::text is null or (${KEY}) > (${metric}, ${labelsKey}::text))`;
  const isOfSymbol = sql`symbol_id = (select id from symbols where symbol = ${name})`;
  const told = rowsOf("u", {
    metric: texts(tail.map((point) => point.metric)),
    labels_key: texts(tail.map(({ labels }) => canonicalLabels(labels))),
    ts_us: int8s(tail.map(({ ts }) => ts)),
  });
  return sql`
with tail as (
  select metric, labels_key, max(ts_us) as ts_us
  from ${told} group by 1, 2),
fresh as (
  select t.metric, t.labels_key from tail t where not exists (
    select from series s where s.${isOfSymbol} and s.metric = t.metric and s.labels_key = t.labels_key)),
page as (
  select * from (
    (select id, ${KEY} from series where ${isOfSymbol} and ${isAfter} order by ${KEY} limit ${most})
    union all
    (select null, ${KEY} from fresh where ${isAfter} order by ${KEY} limit ${most})) n
  order by ${KEY} limit ${most})
select g.metric, g.labels_key, greatest(l.last_us, t.ts_us) as last_us,
  (select count(*) from series where ${isOfSymbol}) + (select count(*) from fresh) as series
from page g left join tail t on t.metric = g.metric and t.labels_key = g.labels_key
cross join lateral (
  select ${epochUsOf(sql`greatest(
    (select max(p.ts) from points p where p.series_id = g.id and ${IS_ROW}),
    (select max(ts) from points_past where series_id = g.id),
    (select last_ts from series_1h where series_id = g.id order by bucket desc limit 1))`)} as last_us) l
order by g.metric, g.labels_key`;
}

/** The series of a symbol, from Postgres and its room together. @throws DatabaseError */
export async function readMetricNames(
  db: Database,
  query: MetricNamesQuery,
  tag?: string,
): Promise<MetricNamesPage> {
  const rows = await ask(db, selectNames(query), tag);
  return {
    names: rows.map((row) => ({
      metric: row["metric"] as string,
      labelsKey: row["labels_key"] as string,
      lastTs: row["last_us"] === null ? null : (Number(row["last_us"]) as EpochUs),
    })),
    series: Number(rows[0]?.["series"] ?? 0),
  };
}
