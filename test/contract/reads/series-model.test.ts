import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chooseStepUs } from "../../../src/core/time/duration.ts";
import { readSeries } from "../../../src/db/series/read-series.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { SeriesColumns } from "../../../src/protocol/answers/answers.ts";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import { AGGREGATES, type Aggregate } from "../../../src/protocol/words/aggregate.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, metric, NOON_US, room } from "../events.ts";

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;

type Point = { ts: number; value: number };

/** Increase from point to point, a drop counting its new value, over the time between the first and the last. */
function rateOf(all: readonly Point[], bucket: readonly Point[]): number | null {
  let increase = 0;
  let fromUs: number | undefined;
  for (const point of bucket) {
    const before = all[all.indexOf(point) - 1];
    if (before === undefined) continue;
    fromUs ??= before.ts;
    increase += point.value < before.value ? point.value : point.value - before.value;
  }
  const endUs = bucket.at(-1)?.ts ?? 0;
  if (fromUs === undefined) return null;
  return increase < 1e-200 ? 0 : increase / ((endUs - fromUs) / SECOND);
}

function percentile(sorted: readonly number[], part: number): number {
  const place = part * (sorted.length - 1);
  const low = sorted[Math.floor(place)] as number;
  const high = sorted[Math.ceil(place)] as number;
  return low + (high - low) * (place - Math.floor(place));
}

/** What a bucket says, by the words of the documentation. `all`: every point of the series, by time. */
function say(name: Aggregate, all: readonly Point[], bucket: readonly Point[]): number | null {
  const values = bucket.map(({ value }) => value);
  const sorted = values.toSorted((a, b) => a - b);
  const sum = values.reduce((a, b) => a + b, 0);
  switch (name) {
    case "avg":
      return sum / values.length;
    case "min":
      return sorted[0] ?? null;
    case "max":
      return sorted.at(-1) ?? null;
    case "sum":
      return sum;
    case "count":
      return values.length;
    case "first":
      return values[0] ?? null;
    case "last":
      return values.at(-1) ?? null;
    case "p50":
      return percentile(sorted, 0.5);
    case "p95":
      return percentile(sorted, 0.95);
    case "p99":
      return percentile(sorted, 0.99);
    case "rate":
      return rateOf(all, bucket);
  }
}

/** The columns of every label set, by the label `v` alone; `points` in the order of the log. */
function model(
  points: readonly MetricEvent[],
  range: { fromUs: number; toUs: number; stepUs: number },
): Map<string, Record<string, (number | null)[]>> {
  const series = new Map<string, Map<number, Point>>();
  for (const { ts, value, labels } of points) {
    const key = labels?.["v"] ?? "";
    // INV-9: the later in the log wins.
    series.set(key, (series.get(key) ?? new Map<number, Point>()).set(ts, { ts, value }));
  }
  const answer = new Map<string, Record<string, (number | null)[]>>();
  for (const [key, byTime] of series) {
    const all = [...byTime.values()].sort((a, b) => a.ts - b.ts);
    const buckets = new Map<number, Point[]>();
    for (const point of all) {
      if (point.ts < range.fromUs || point.ts >= range.toUs) continue;
      const start = Math.floor(point.ts / range.stepUs) * range.stepUs;
      buckets.set(start, [...(buckets.get(start) ?? []), point]);
    }
    if (buckets.size === 0) continue;
    const columns: Record<string, (number | null)[]> = { ts: [...buckets.keys()] };
    for (const name of AGGREGATES) {
      columns[name] = [...buckets.values()].map((bucket) => say(name, all, bucket));
    }
    answer.set(key, columns);
  }
  return answer;
}

/** Numbers to twelve digits: how a sum is rounded depends on its order. */
function columnsOf(series: SeriesColumns): Record<string, unknown> {
  const { metric: _, symbol: __, labels: ___, ...columns } = series;
  return columns;
}
const rounded = (columns: Record<string, unknown>) =>
  JSON.parse(
    JSON.stringify(columns, (name, value: unknown) =>
      name !== "ts" && Array.isArray(value)
        ? value.map((one: number | null) => (one === null ? null : Number(one.toPrecision(12))))
        : value,
    ),
  ) as unknown;

const anyPoint = fc
  .record({
    // Few moments, so that they meet.
    us: fc.oneof(
      fc.nat(40 * SECOND),
      fc.nat(40).map((second) => second * SECOND),
    ),
    value: fc.oneof(fc.nat(20), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(5e-324)),
    v: fc.constantFrom("", "1", "2"),
  })
  .map(({ us, value, v }) =>
    metric("m", NOON_US - 20 * SECOND + us, value, v === "" ? undefined : { v }),
  );

describe.each(testDatabaseKinds())("series against a model on $name", ({ openMigrated }) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  it("INV-8 INV-9 INV-3 every aggregate of any points, in any buckets, wherever the tail begins", async () => {
    const ids = new SeriesIdCache();
    const asked = fc.record({
      points: fc.array(anyPoint, { minLength: 1, maxLength: 60 }),
      stored: fc.nat(60),
      stepUs: fc.constantFrom(1, 250_000, SECOND, 7 * SECOND, 30 * SECOND, DAY),
      from: fc.integer({ min: -25 * SECOND, max: 15 * SECOND }),
      length: fc.integer({ min: 1, max: 45 * SECOND }),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ points, stored, stepUs, from, length }) => {
        const symbol = freshSymbol();
        const frames = points.map((point, i) => frame(i + 1, point));
        if (stored > 0) {
          await storeFrames(database.db, [room(symbol, ...frames.slice(0, stored))], ids);
        }
        const range = { fromUs: at(NOON_US + from), toUs: at(NOON_US + from + length), stepUs };
        const read = await readSeries(database.db, {
          ...{ ...range, symbol, metric: "m", labels: {}, aggregates: AGGREGATES },
          ...{ limit: 100_000_000, storedThrough: cursorAt(stored) },
          tail: points
            .slice(stored)
            .map((point, i) => ({ cursor: cursorAt(stored + i + 1), point })),
        });
        const found = read.map((one) => [one.labels["v"] ?? "", rounded(columnsOf(one))] as const);
        const wanted = [...model(points, range)].map(([key, one]) => [key, rounded(one)] as const);
        expect(new Map(found)).toEqual(new Map(wanted));
      }),
      { numRuns: 150 },
    );
  });

  it("has a rate over a counter's reset, from the last point before the range, and null where there is none", async () => {
    const symbol = freshSymbol();
    const points = [
      [-100, 10],
      [0, 60],
      [20, 80],
      [30, 5],
      [90, 35],
    ].map(([s = 0, value = 0]) => metric("m", NOON_US + s * SECOND, value));
    await storeFrames(database.db, [room(symbol, frame(1, ...points))], new SeriesIdCache());
    const rates = async (fromS: number) => {
      const [one] = await readSeries(database.db, {
        ...{ symbol, metric: "m", labels: {}, stepUs: 60 * SECOND, aggregates: ["rate"] },
        ...{ fromUs: at(NOON_US + fromS * SECOND), toUs: at(NOON_US + 120 * SECOND) },
        ...{ limit: 1_000, storedThrough: cursorAt(1), tail: [] },
      });
      return one?.rate;
    };
    // (50 + 20 + 5) over the 130 s since the point before; 30 over the 60 s since the point before.
    expect(await rates(0)).toEqual([75 / 130, 0.5]);
    expect(await rates(-200)).toEqual([null, 75 / 130, 0.5]);
  });

  it("shows a single spike in 30 days however few points are asked for", async () => {
    const symbol = freshSymbol();
    const spike = metric("m", NOON_US + 17 * DAY + 12_345_678, 900);
    const calm = Array.from({ length: 3_000 }, (_, i) =>
      metric("m", NOON_US + i * 864 * SECOND, 1),
    );
    await storeFrames(database.db, [room(symbol, frame(1, ...calm, spike))], new SeriesIdCache());
    const stepUs = chooseStepUs(30 * DAY, 100);
    const [one] = await readSeries(database.db, {
      ...{ symbol, metric: "m", labels: {}, stepUs, aggregates: ["avg", "min", "max"] },
      ...{ fromUs: at(NOON_US), toUs: at(NOON_US + 30 * DAY) },
      ...{ limit: 10_000, storedThrough: cursorAt(1), tail: [] },
    });
    expect(one?.ts.length).toBeLessThanOrEqual(101);
    expect(one?.max?.filter((value) => value === 900)).toHaveLength(1);
    expect(Math.min(...(one?.min ?? []))).toBe(1);
  });
});
