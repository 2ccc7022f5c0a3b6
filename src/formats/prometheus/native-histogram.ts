import {
  buckets,
  type Distribution,
  type ExponentialSide,
  exponentialBuckets,
  MOST_BUCKETS,
} from "../points/distribution.ts";
import type { ProtobufReader } from "../wire/protobuf-reader.ts";

/** A native histogram as it stands on the wire, the same in both versions. */
export interface NativeHistogram {
  count: number;
  sum: number;
  /** The sum is the mark that the series has ended. */
  isStale: boolean;
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  negative: Side;
  positive: Side;
  timeMs: number;
  customValues: number[];
}

interface Side {
  /** Pairs: the gap before so many buckets, and how many. */
  spans: number[];
  /** Of whole numbers: each is so much more than the one before. */
  deltas: number[];
  counts: number[];
}

/** Bounds are said one by one. */
const CUSTOM = -53;
/** https://prometheus.io/docs/specs/native_histograms/#schema */
const [LEAST_SCHEMA, MOST_SCHEMA] = [-4, 8];

/** The NaN by which Prometheus says that a series has ended. */
export const STALE = { high: 0x7ff00000, low: 2 } as const;

export function readNativeHistogram(reader: ProtobufReader): NativeHistogram {
  const side = (): Side => ({ spans: [], deltas: [], counts: [] });
  const found: NativeHistogram = {
    ...{ count: 0, sum: 0, isStale: false, schema: 0, zeroThreshold: 0, zeroCount: 0 },
    ...{ negative: side(), positive: side(), timeMs: 0, customValues: [] },
  };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        found.count = reader.uint64();
        break;
      case 2:
        found.count = reader.double();
        break;
      case 3:
        found.sum = reader.double();
        found.isStale = reader.hasBits(STALE.high, STALE.low);
        break;
      case 4:
        found.schema = reader.sint64();
        break;
      case 5:
        found.zeroThreshold = reader.double();
        break;
      case 6:
        found.zeroCount = reader.uint64();
        break;
      case 7:
        found.zeroCount = reader.double();
        break;
      case 8:
        readSpan(reader, found.negative.spans);
        break;
      case 9:
        reader.sint64s(found.negative.deltas, MOST_BUCKETS);
        break;
      case 10:
        reader.doubles(found.negative.counts, MOST_BUCKETS);
        break;
      case 11:
        readSpan(reader, found.positive.spans);
        break;
      case 12:
        reader.sint64s(found.positive.deltas, MOST_BUCKETS);
        break;
      case 13:
        reader.doubles(found.positive.counts, MOST_BUCKETS);
        break;
      case 15:
        found.timeMs = reader.int64();
        break;
      case 16:
        reader.doubles(found.customValues, MOST_BUCKETS);
        break;
      default:
        reader.skip();
    }
  }
  return found;
}

function readSpan(reader: ProtobufReader, spans: number[]): void {
  // With one too many it is refused, and the others need not be read.
  if (spans.length > MOST_BUCKETS * 2) {
    reader.skip();
    return;
  }
  const outer = reader.enter();
  let [offset, length] = [0, 0];
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint64();
    else if (reader.field === 2) length = reader.uint64();
    else reader.skip();
  }
  reader.leave(outer);
  spans.push(offset, length);
}

/** What it says, or why that cannot be understood. */
export function distributionOf(histogram: NativeHistogram): Distribution | string {
  const positive = sideOf(histogram.positive);
  const negative = sideOf(histogram.negative);
  if (positive === null || negative === null || histogram.customValues.length > MOST_BUCKETS) {
    return `has buckets that do not fit its spans, or more than ${MOST_BUCKETS}`;
  }
  const found = bucketsOf(histogram, positive, negative);
  if (typeof found === "string") return found;
  return { count: histogram.count, sum: histogram.sum, buckets: found };
}

function bucketsOf(
  { schema, zeroThreshold, zeroCount, customValues }: NativeHistogram,
  positive: ExponentialSide,
  negative: ExponentialSide,
): Distribution["buckets"] | string {
  if (schema === CUSTOM) return custom(customValues, positive);
  if (schema < LEAST_SCHEMA || schema > MOST_SCHEMA) {
    return `has the schema ${schema}, which is none that is known`;
  }
  return exponentialBuckets({ scale: schema, zeroThreshold, zeroCount, positive, negative });
}

function custom(bounds: readonly number[], side: ExponentialSide) {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const [at, index] of side.indexes.entries()) {
    if (index < 0 || index > bounds.length) return "has a bucket beyond its bounds";
    counts[index] = side.counts[at] as number;
  }
  return buckets(bounds, counts);
}

/** The index of each bucket; null where spans and counts do not fit, or there are too many. */
function sideOf({ spans, deltas, counts }: Side): ExponentialSide | null {
  const whole = counts.length > 0 ? counts : sums(deltas);
  if (whole.length > MOST_BUCKETS || spans.length > MOST_BUCKETS * 2) return null;
  const indexes: number[] = [];
  let index = 0;
  for (let at = 0; at < spans.length; at += 2) {
    index += spans[at] as number;
    const length = spans[at + 1] as number;
    if (length > whole.length - indexes.length) return null;
    for (let n = 0; n < length; n += 1) indexes.push(index++);
  }
  return indexes.length === whole.length ? { indexes, counts: whole } : null;
}

function sums(deltas: readonly number[]): number[] {
  let sum = 0;
  return deltas.map((delta) => {
    sum += delta;
    return sum;
  });
}
