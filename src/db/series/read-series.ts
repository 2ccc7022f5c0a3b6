import { chooseRollup } from "../../core/answers/rollup-choice.ts";
import { canonicalLabels } from "../../core/events/labels.ts";
import { HOUR_US } from "../../core/time/duration.ts";
import type { SeriesColumns } from "../../protocol/answers/answers.ts";
import type { MetricEvent } from "../../protocol/events/event.ts";
import type { Aggregate } from "../../protocol/words/aggregate.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { askAll } from "../driver/ask.ts";
import { numbersOf, optionalNumbersOf } from "../driver/columns.ts";
import type { Database } from "../driver/database.ts";
import { float8s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { param, type Sql } from "../driver/sql.ts";
import { momentOf } from "../driver/sql-time.ts";
import { isRolledUp, selectRolledBuckets } from "./series-rollup-sql.ts";
import { type SeriesParams, selectBuckets, selectRaw, selectWanted } from "./series-sql.ts";

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

/**
 * Series as columns, one entry a label set that has points in the range, oldest first. Buckets are whole multiples of
 * the step since the epoch; the first and the last may be cut by the range, as far as it can be told (SPEC R-2). A series whose
 * points in the range are gone, but for rollups too long for the step, is an entry with `gone_before` and no points.
 *
 * @throws DatabaseError
 */
export async function readSeries(
  db: Database,
  query: SeriesQuery,
  tag?: string,
): Promise<SeriesColumns[]> {
  const isRaw = query.stepUs === 0;
  const fromUs = isRaw ? query.fromUs : newestBucketsFrom(query);
  const tail = tailColumns(query, fromUs);
  const params: SeriesParams = {
    symbol: param(query.symbol),
    metric: param(query.metric),
    labels: param(canonicalLabels(query.labels)),
    from: momentOf(fromUs),
    to: momentOf(query.toUs),
    storedThrough: param(query.storedThrough),
    tail: rowsOf("u", {
      place: int4s(tail.place),
      ts_us: int8s(tail.tsUs),
      value: float8s(tail.value),
    }),
    tailLabels: rowsOf("k", { labels_key: texts(tail.labelsKeys) }, "place"),
  };
  const choice = isRaw ? "raw" : chooseRollup(query.stepUs, query.aggregates);
  const select = isRaw ? selectRaw(params, param(query.limit)) : bucketsOf(params, fromUs, query);
  // Each sees what was there when it began: a series that has just come has points before it has a name otherwise.
  const [rows = [], wanted = []] = await askAll(db, [select, selectWanted(params, choice)], tag);
  const keys = new Map(wanted.map((row) => [Number(row["id"]), row["labels_key"] as string]));
  const goneBefore = new Map(wanted.map((row) => [Number(row["id"]), row["gone_before"]]));
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
    for (const name of columnNames) {
      if (isOptional(name)) series[name] = optionalNumbersOf(row[name]);
      else series[name] = numbersOf(row[name]);
    }
    const whole = numbersOf(row["whole_buckets"]) as EpochUs[];
    if (whole.length > 0) series.whole_buckets = whole;
    const gone = goneBefore.get(Number(row["id"]));
    if (typeof gone === "string") series.gone_before = Number(gone) as EpochUs;
    return { labelsKey, series };
  });
  // Of a series that has nothing here any more only that is left to say.
  const found = new Set(rows.map((row) => Number(row["id"])));
  for (const [id, gone] of goneBefore) {
    if (found.has(id) || typeof gone !== "string") continue;
    answer.push(nothingLeft(query, columnNames, keys.get(id) ?? "{}", Number(gone) as EpochUs));
  }
  answer.sort((a, b) => (a.labelsKey < b.labelsKey ? -1 : 1));
  return answer.map(({ series }) => series);
}

function nothingLeft(
  { metric, symbol }: SeriesQuery,
  columns: readonly Aggregate[],
  labelsKey: string,
  goneBefore: EpochUs,
): { labelsKey: string; series: SeriesColumns } {
  const labels = JSON.parse(labelsKey) as Record<string, string>;
  const empty = Object.fromEntries(columns.map((name) => [name, []]));
  return {
    labelsKey,
    series: { metric, symbol, labels, ts: [], ...empty, gone_before: goneBefore },
  };
}

function isOptional(name: Aggregate): name is "rate" | "p95" | "p99" {
  return name === "rate" || name === "p95" || name === "p99";
}

function bucketsOf(
  params: SeriesParams,
  fromUs: number,
  { toUs, stepUs, aggregates }: SeriesQuery,
): Sql {
  const step = param(stepUs);
  const choice = chooseRollup(stepUs, aggregates);
  if (choice === "raw") return selectBuckets(params, step, aggregates);
  const rolled = {
    ...params,
    stepUs: step,
    hoursFrom: momentOf(Math.floor(fromUs / HOUR_US) * HOUR_US),
    hoursTo: momentOf(Math.ceil(toUs / HOUR_US) * HOUR_US),
  };
  return selectRolledBuckets(rolled, choice, aggregates.filter(isRolledUp));
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

/**
 * The tail's points that the query asks for; of several of one series at one moment the last (INV-9). A rate also needs
 * the last one before the range.
 */
function tailColumns(query: SeriesQuery, fromUs: number): TailColumns {
  const filter = Object.entries(query.labels);
  const isRate = query.stepUs > 0 && query.aggregates.includes("rate");
  const places = new Map<string, number>();
  const points = new Map<string, { place: number; point: MetricEvent }>();
  for (const { point } of query.tail) {
    const isBefore = point.ts < fromUs;
    if (point.metric !== query.metric || point.ts >= query.toUs || (isBefore && !isRate)) continue;
    if (filter.some(([name, value]) => point.labels?.[name] !== value)) continue;
    const labelsKey = canonicalLabels(point.labels);
    const place = places.get(labelsKey) ?? places.size + 1;
    places.set(labelsKey, place);
    const key = `${place} ${isBefore ? "before" : point.ts}`;
    if (isBefore && (points.get(key)?.point.ts ?? point.ts) > point.ts) continue;
    points.set(key, { place, point });
  }
  const found = [...points.values()];
  return {
    place: found.map(({ place }) => place),
    tsUs: found.map(({ point }) => point.ts),
    value: found.map(({ point }) => point.value),
    labelsKeys: [...places.keys()],
  };
}
