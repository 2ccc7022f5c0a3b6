import type { InSteps } from "../in-steps.ts";
import { MOST_BUCKETS } from "../points/distribution.ts";
import type { ProtobufReader } from "../wire/protobuf-reader.ts";
import type { Word } from "../wire/words.ts";
import { NO_WORD, readAttribute } from "./attributes.ts";
import type { DataPoints, ExponentialBuckets, SeriesSaid } from "./data-points.ts";
import { readEnvelope } from "./envelope.ts";
import { PointAttributes } from "./point-attributes.ts";

/** Of the data point at hand, which is read in one turn. */
const ATTRIBUTES = new PointAttributes();

/** Reads an `ExportMetricsServiceRequest` (opentelemetry/proto/metrics/v1/metrics.proto). */
export function* readMetricsProtobuf(bytes: Uint8Array, into: DataPoints): InSteps<void> {
  yield* readEnvelope(
    bytes,
    {
      readAttribute,
      resource: (attributes) => into.resource(attributes),
      readScope: (reader) => readScopeMetrics(reader, into),
    },
    into.groups,
  );
}

function* readScopeMetrics(reader: ProtobufReader, into: DataPoints): InSteps<void> {
  const data = new MetricData(reader, into);
  while (reader.next()) {
    if (reader.isTurnOver()) yield;
    if (reader.field !== 2) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    const start = reader.place;
    into.metric(readName(reader));
    reader.goTo(start);
    while (!data.readSome()) yield;
    reader.leave(outer);
  }
}

type ReadPoint = (reader: ProtobufReader, into: DataPoints) => void;

/** By the field of a metric that has its data points. */
const READERS: readonly (ReadPoint | undefined)[] = Object.assign([], {
  ...{ 5: readNumber, 7: readNumber, 9: readHistogram },
  ...{ 10: readExponential, 11: readSummary },
});

/**
 * Reads the data points of a metric. It remembers where it is and is no generator: most metrics have one point, and would take a tenth
 * longer.
 */
class MetricData {
  readonly #reader: ProtobufReader;
  readonly #into: DataPoints;
  /** In the data at hand, whose points are its field 1; else null. */
  #readPoint: ReadPoint | null = null;
  #outer = 0;

  constructor(reader: ProtobufReader, into: DataPoints) {
    this.#reader = reader;
    this.#into = into;
  }

  /** Reads on in the metric that the reader is in; false where others come first. */
  readSome(): boolean {
    const reader = this.#reader;
    for (;;) {
      if (this.#readPoint !== null && !this.#readPoints(this.#readPoint)) return false;
      if (!reader.next()) return true;
      const readPoint = READERS[reader.field];
      if (readPoint === undefined) reader.skip();
      else {
        this.#outer = reader.enter();
        this.#readPoint = readPoint;
      }
      if (reader.isTurnOver()) return false;
    }
  }

  #readPoints(readPoint: ReadPoint): boolean {
    const reader = this.#reader;
    while (reader.next()) {
      if (reader.field === 1) readPoint(reader, this.#into);
      else reader.skip();
      if (reader.isTurnOver()) return false;
    }
    reader.leave(this.#outer);
    this.#readPoint = null;
    return true;
  }
}

/** It comes first with all that write it, and may come last. */
function readName(reader: ProtobufReader): Word {
  while (reader.next()) {
    if (reader.field === 1) return reader.word();
    reader.skip();
  }
  return NO_WORD;
}

function attributesOf(into: DataPoints): PointAttributes {
  ATTRIBUTES.begin(into.metricId);
  return ATTRIBUTES;
}

function saidBy(reader: ProtobufReader, into: DataPoints, said: PointAttributes): SeriesSaid {
  const { key } = said;
  const series = key === null ? undefined : into.find(key);
  if (series !== undefined) return { kind: "known", series };
  return { kind: "attributes", attributes: said.read(reader), key };
}

function readNumber(reader: ProtobufReader, into: DataPoints): void {
  const outer = reader.enter();
  const said = attributesOf(into);
  let [timeUs, flags] = [0, 0];
  let value: number | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case 3:
        timeUs = reader.microseconds();
        break;
      case 4:
        value = reader.double();
        break;
      case 6:
        value = reader.sfixed64();
        break;
      case 7:
        said.add(reader);
        break;
      case 8:
        flags = reader.uint64();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  into.number({ said: saidBy(reader, into, said), timeUs, flags, value });
}

function readHistogram(reader: ProtobufReader, into: DataPoints): void {
  const outer = reader.enter();
  const said = attributesOf(into);
  const point = {
    ...{ timeUs: 0, flags: 0, count: 0 },
    ...{ bounds: [] as number[], counts: [] as number[] },
  };
  let [sum, min, max]: (number | undefined)[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 3:
        point.timeUs = reader.microseconds();
        break;
      case 4:
        point.count = reader.fixed64();
        break;
      case 5:
        sum = reader.double();
        break;
      case 6:
        reader.fixed64s(point.counts, MOST_BUCKETS);
        break;
      case 7:
        reader.doubles(point.bounds, MOST_BUCKETS);
        break;
      case 9:
        said.add(reader);
        break;
      case 10:
        point.flags = reader.uint64();
        break;
      case 11:
        min = reader.double();
        break;
      case 12:
        max = reader.double();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  into.histogram({ ...point, said: saidBy(reader, into, said), sum, min, max });
}

function readExponential(reader: ProtobufReader, into: DataPoints): void {
  const outer = reader.enter();
  const said = attributesOf(into);
  const point = {
    ...{ timeUs: 0, flags: 0, count: 0 },
    ...{ scale: 0, zeroCount: 0, zeroThreshold: 0 },
    ...{ positive: { offset: 0, counts: [] }, negative: { offset: 0, counts: [] } },
  };
  let [sum, min, max]: (number | undefined)[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        said.add(reader);
        break;
      case 3:
        point.timeUs = reader.microseconds();
        break;
      case 4:
        point.count = reader.fixed64();
        break;
      case 5:
        sum = reader.double();
        break;
      case 6:
        point.scale = reader.sint64();
        break;
      case 7:
        point.zeroCount = reader.fixed64();
        break;
      case 8:
        readBuckets(reader, point.positive);
        break;
      case 9:
        readBuckets(reader, point.negative);
        break;
      case 10:
        point.flags = reader.uint64();
        break;
      case 12:
        min = reader.double();
        break;
      case 13:
        max = reader.double();
        break;
      case 14:
        point.zeroThreshold = reader.double();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  into.exponential({ ...point, said: saidBy(reader, into, said), sum, min, max });
}

function readBuckets(reader: ProtobufReader, side: ExponentialBuckets): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) side.offset = reader.sint64();
    else if (reader.field === 2) reader.uint64s(side.counts, MOST_BUCKETS);
    else reader.skip();
  }
  reader.leave(outer);
}

function readSummary(reader: ProtobufReader, into: DataPoints): void {
  const outer = reader.enter();
  const said = attributesOf(into);
  const point = {
    ...{ timeUs: 0, flags: 0, count: 0, sum: 0 },
    quantiles: [] as [number, number][],
  };
  while (reader.next()) {
    switch (reader.field) {
      case 3:
        point.timeUs = reader.microseconds();
        break;
      case 4:
        point.count = reader.fixed64();
        break;
      case 5:
        point.sum = reader.double();
        break;
      case 6:
        readQuantile(reader, point.quantiles);
        break;
      case 7:
        said.add(reader);
        break;
      case 8:
        point.flags = reader.uint64();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  into.summary({ ...point, said: saidBy(reader, into, said) });
}

function readQuantile(reader: ProtobufReader, quantiles: [number, number][]): void {
  const outer = reader.enter();
  let [quantile, value] = [0, 0];
  while (reader.next()) {
    if (reader.field === 1) quantile = reader.double();
    else if (reader.field === 2) value = reader.double();
    else reader.skip();
  }
  reader.leave(outer);
  if (quantiles.length <= MOST_BUCKETS) quantiles.push([quantile, value]);
}
