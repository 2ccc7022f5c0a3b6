import type { StoredFrame } from "../../../src/db/store/store-frames.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { MetricEvent, TapeEvent, TradeEvent } from "../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { survivorsOf } from "../any-frames.ts";

/** Bars of all trades of the frames, by the words of SPEC B-2 and nothing cleverer. */
export function modelBars(frames: readonly StoredFrame[], lengthUs: number): Bar[] {
  const buckets = bucketsOf(frames, "trade", lengthUs);
  return [...buckets.values()]
    .flatMap((events) => {
      const trades = events as TradeEvent[];
      const [first] = trades;
      const last = trades.at(-1);
      if (first === undefined || last === undefined) return [];
      return {
        ts: startOf(first.ts, lengthUs),
        open: first.price,
        high: Math.max(...trades.map(({ price }) => price)),
        low: Math.min(...trades.map(({ price }) => price)),
        close: last.price,
        volume: trades.reduce((sum, { size }) => sum + size, 0),
        trades: trades.length,
      };
    })
    .sort((a, b) => a.ts - b.ts);
}

export interface ModelBucket {
  ts: EpochUs;
  avg: number;
  min: number;
  max: number;
  sum: number;
  count: number;
  first: number;
  last: number;
}

/** Buckets of the points of one metric in [fromUs, toUs), oldest first. */
export function modelSeries(
  frames: readonly StoredFrame[],
  metric: string,
  { fromUs, toUs, lengthUs }: { fromUs: number; toUs: number; lengthUs: number },
): ModelBucket[] {
  const kept = frames.map(({ cursor, events }) => ({
    cursor,
    events: events.filter(
      (event) =>
        event.kind === "metric" && event.metric === metric && event.ts >= fromUs && event.ts < toUs,
    ),
  }));
  return [...bucketsOf(kept, "metric", lengthUs).values()]
    .flatMap((events) => {
      const points = events as MetricEvent[];
      const values = points.map(({ value }) => value);
      const [first] = points;
      const last = points.at(-1);
      if (first === undefined || last === undefined) return [];
      const sum = values.reduce((a, b) => a + b, 0);
      return {
        ts: startOf(first.ts, lengthUs),
        avg: sum / values.length,
        min: Math.min(...values),
        max: Math.max(...values),
        sum,
        count: values.length,
        first: first.value,
        last: last.value,
      };
    })
    .sort((a, b) => a.ts - b.ts);
}

/** The surviving events of a kind by bucket, each bucket by (ts, cursor, ordinal). */
function bucketsOf(
  frames: readonly StoredFrame[],
  kind: "metric" | "trade",
  lengthUs: number,
): Map<number, TapeEvent[]> {
  const inOrder = survivorsOf(frames)
    .flatMap(({ events }) => events)
    .filter((event) => event.kind === kind)
    .map((event, place) => ({ event, place }))
    .sort((a, b) => a.event.ts - b.event.ts || a.place - b.place);
  const buckets = new Map<number, TapeEvent[]>();
  for (const { event } of inOrder) {
    const start = startOf(event.ts, lengthUs);
    buckets.set(start, [...(buckets.get(start) ?? []), event]);
  }
  return buckets;
}

function startOf(us: number, lengthUs: number): EpochUs {
  return (Math.floor(us / lengthUs) * lengthUs) as EpochUs;
}

/** Frames as a query's tail has them: what comes after the cursor. */
export function tailOf(frames: readonly StoredFrame[], after: number) {
  const events = frames.flatMap(({ cursor, events }) =>
    cursor > after ? events.map((event) => ({ cursor, event })) : [],
  );
  return {
    trades: events.flatMap(({ cursor, event }) =>
      event.kind === "trade" ? [{ cursor, trade: event }] : [],
    ),
    points: events.flatMap(({ cursor, event }) =>
      event.kind === "metric" ? [{ cursor, point: event }] : [],
    ),
  };
}
