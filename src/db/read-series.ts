import { canonicalLabels } from "../core/labels.ts";
import type { SeriesColumns } from "../protocol/answers.ts";
import type { MetricEvent } from "../protocol/event.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor, EpochUs } from "../protocol/time.ts";
import { numberArray, textArray } from "./array-text.ts";
import { numbersOf } from "./columns.ts";
import type { Database, SqlValue } from "./database.ts";
import { bucketOf, epochUsOf, timestampOf } from "./sql-time.ts";

/** What can be said of the points of a bucket. `first` and `last` are by time. */
export type Aggregate = "avg" | "min" | "max" | "sum" | "count" | "first" | "last";

/** A point that may not be in Postgres yet, with its place in the log. */
export interface TailPoint {
  cursor: Cursor;
  point: MetricEvent;
}

export interface SeriesQuery {
  metric: string;
  symbol: SymbolName;
  /** Series that carry these labels, and any others beside. */
  labels: Readonly<Record<string, string>>;
  /** Points in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** Length of a bucket; 0: the points themselves, in `last`. */
  stepUs: number;
  aggregates: readonly Aggregate[];
  /** The newest so many points, or the newest so many buckets whether filled or not, of each series. */
  limit: number;
  /** Rows beyond this cursor are not read: the tail has those events. */
  storedThrough: Cursor;
  /** The points of the symbol after `storedThrough`, in the order of the log. */
  tail: readonly TailPoint[];
}

const AGGREGATE_SQL: Record<Aggregate, string> = {
  avg: "avg(value)",
  min: "min(value)",
  max: "max(value)",
  sum: "sum(value)",
  count: "count(*)",
  first: "(array_agg(value order by ts))[1]",
  last: "(array_agg(value order by ts))[count(*)]",
};

const WANTED = `
wanted as (
  select s.id, s.labels_key from series s join symbols y on y.id = s.symbol_id
  where y.symbol = $1 and s.metric = $2 and s.labels @> $3::jsonb)`;

const SELECT_WANTED = `with ${WANTED} select id, labels_key from wanted`;

/** A series that is only in the tail gets the negative of its place among the tail's label sets. */
const TAIL = `
tail as (
  select coalesce(w.id, -k.place) as id, ${timestampOf("u.ts_us")} as ts, u.value
  from unnest($7::int4[], $8::int8[], $9::float8[]) as u (place, ts_us, value)
  join unnest($10::text[]) with ordinality as k (labels_key, place) on k.place = u.place
  left join wanted w on w.labels_key = k.labels_key)`;

/** INV-9: a tail point replaces the stored one of its moment, because its cursor is later. */
const STORED_MATCH = `
p.series_id = w.id and p.ts >= ${timestampOf("$4")} and p.ts < ${timestampOf("$5")} and p.cursor <= $6
  and not exists (select from tail t where t.id = p.series_id and t.ts = p.ts)`;

const SELECT_RAW = `
with ${WANTED}, ${TAIL},
point as (
  select w.id, s.ts, s.value from wanted w
  cross join lateral (
    select p.ts, p.value from points p where ${STORED_MATCH} order by p.ts desc limit $11) s
  union all
  select id, ts, value from tail),
newest as (
  select *, row_number() over (partition by id order by ts desc) as age from point)
select id, string_agg(${epochUsOf("ts")}::text, ',' order by ts) as ts,
  string_agg(value::text, ',' order by ts) as last
from newest where age <= $11 group by id`;

function selectBuckets(aggregates: readonly Aggregate[]): string {
  const columns = aggregates.map((name) => `${AGGREGATE_SQL[name]} as ${name}`);
  const joined = aggregates.map(
    (name) => `string_agg(${name}::text, ',' order by bucket) as ${name}`,
  );
  return `
with ${WANTED}, ${TAIL},
point as (
  select w.id, p.ts, p.value from wanted w join points p on ${STORED_MATCH}
  union all
  select id, ts, value from tail),
filled as (
  select ${["id", `${bucketOf("ts", "$11")} as bucket`, ...columns].join(", ")}
  from point group by 1, 2)
select ${["id", `string_agg(${epochUsOf("bucket")}::text, ',' order by bucket) as ts`, ...joined].join(", ")}
from filled group by id`;
}

/**
 * Series as columns, one entry a label set that has points in the range, oldest first. Buckets are whole multiples of
 * the step since the epoch; the first and the last may be cut by the range.
 *
 * @throws what `classifyFailure` reads.
 */
export async function readSeries(
  db: Database,
  query: SeriesQuery,
  tag?: string,
): Promise<SeriesColumns[]> {
  const isRaw = query.stepUs === 0;
  const fromUs = isRaw ? query.fromUs : newestBucketsFrom(query);
  const tail = tailColumns(query, fromUs);
  const filter = [query.symbol, query.metric, canonicalLabels(query.labels)];
  const params: SqlValue[] = [
    ...filter,
    ...[fromUs, query.toUs, query.storedThrough],
    ...[numberArray(tail.place), numberArray(tail.tsUs), numberArray(tail.value)],
    textArray(tail.labelsKeys),
    isRaw ? query.limit : query.stepUs,
  ];
  const text = isRaw ? SELECT_RAW : selectBuckets(query.aggregates);
  const [wanted = [], rows = []] = await db.transaction(
    [
      { text: SELECT_WANTED, params: filter },
      { text, params },
    ],
    tag,
  );
  const keys = new Map(wanted.map((row) => [Number(row["id"]), row["labels_key"] as string]));
  tail.labelsKeys.forEach((key, at) => {
    keys.set(-(at + 1), key);
  });

  const columnNames: readonly Aggregate[] = isRaw ? ["last"] : query.aggregates;
  const answer = rows.map((row) => {
    const labelsKey = keys.get(Number(row["id"])) ?? "{}";
    const series: SeriesColumns = {
      metric: query.metric,
      symbol: query.symbol,
      labels: JSON.parse(labelsKey) as Record<string, string>,
      ts: numbersOf(row["ts"]) as EpochUs[],
    };
    for (const name of columnNames) series[name] = numbersOf(row[name]);
    return { labelsKey, series };
  });
  answer.sort((a, b) => (a.labelsKey < b.labelsKey ? -1 : 1));
  return answer.map(({ series }) => series);
}

function newestBucketsFrom({ fromUs, toUs, stepUs, limit }: SeriesQuery): number {
  const endUs = Math.ceil(toUs / stepUs) * stepUs;
  return Math.max(fromUs, endUs - limit * stepUs);
}

interface TailColumns {
  /** 1-based index into `labelsKeys`. */
  place: number[];
  tsUs: number[];
  value: number[];
  labelsKeys: string[];
}

/** The tail's points that the query asks for; of several of one series at one moment the last (INV-9). */
function tailColumns(query: SeriesQuery, fromUs: number): TailColumns {
  const filter = Object.entries(query.labels);
  const places = new Map<string, number>();
  const points = new Map<string, { place: number; point: MetricEvent }>();
  for (const { point } of query.tail) {
    if (point.metric !== query.metric || point.ts < fromUs || point.ts >= query.toUs) continue;
    if (filter.some(([name, value]) => point.labels?.[name] !== value)) continue;
    const labelsKey = canonicalLabels(point.labels);
    const place = places.get(labelsKey) ?? places.size + 1;
    places.set(labelsKey, place);
    points.set(`${place} ${point.ts}`, { place, point });
  }
  const kept = [...points.values()];
  return {
    place: kept.map(({ place }) => place),
    tsUs: kept.map(({ point }) => point.ts),
    value: kept.map(({ point }) => point.value),
    labelsKeys: [...places.keys()],
  };
}
