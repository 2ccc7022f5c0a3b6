import { MAX_LABELS } from "../../protocol/events/event.ts";
import { type InSteps, Turn } from "../in-steps.ts";
import { MOST_BUCKETS } from "../points/distribution.ts";
import { wordOf } from "../wire/words.ts";
import { labelOf } from "./attributes.ts";
import type { Attribute, DataPoints, ExponentialBuckets } from "./data-points.ts";
import { MOST_ATTRIBUTES } from "./envelope.ts";
import {
  anyValueOf,
  type Fields,
  fieldsOf,
  firstOf,
  listOf,
  microsecondsOf,
  numberOf,
  numbersOf,
  optional,
  textOf,
} from "./json-fields.ts";

/** Resources, scopes, metrics and data points of a turn. */
const STEP_POINTS = 1_000;

/** Reads an `ExportMetricsServiceRequest` as JSON: names in camelCase, long whole numbers as text, what is unknown is passed over. */
export function* readMetricsJson(body: unknown, into: DataPoints): InSteps<void> {
  const turn = new Turn(STEP_POINTS);
  for (const resourceMetrics of listOf(fieldsOf(body, "body"), "resourceMetrics")) {
    if (turn.isOver()) yield;
    into.groups.add();
    const resource = fieldsOf(resourceMetrics.resource ?? {}, "resource");
    into.resource(attributesOf(resource, MOST_ATTRIBUTES));
    for (const scopeMetrics of listOf(resourceMetrics, "scopeMetrics")) {
      if (turn.isOver()) yield;
      into.groups.add();
      for (const metric of listOf(scopeMetrics, "metrics")) {
        if (turn.isOver()) yield;
        into.metric(wordOf(textOf(metric, "name")));
        for (const { kind, read } of KINDS) {
          for (const point of pointsOf(metric, kind)) {
            if (turn.isOver()) yield;
            read(point, into);
          }
        }
      }
    }
  }
}

const KINDS: readonly { kind: string; read: (point: Fields, into: DataPoints) => void }[] = [
  { kind: "gauge", read: readNumber },
  { kind: "sum", read: readNumber },
  { kind: "histogram", read: readHistogram },
  { kind: "exponentialHistogram", read: readExponential },
  { kind: "summary", read: readSummary },
];

function readNumber(point: Fields, into: DataPoints): void {
  into.number({ ...shared(point), value: optional(point, "asDouble") ?? optional(point, "asInt") });
}

function readHistogram(point: Fields, into: DataPoints): void {
  into.histogram({
    ...{ ...summed(point), min: optional(point, "min"), max: optional(point, "max") },
    ...{ bounds: numbersOf(point, "explicitBounds"), counts: numbersOf(point, "bucketCounts") },
  });
}

function readExponential(point: Fields, into: DataPoints): void {
  into.exponential({
    ...{ ...summed(point), min: optional(point, "min"), max: optional(point, "max") },
    ...{ scale: numberOf(point, "scale"), zeroThreshold: numberOf(point, "zeroThreshold") },
    zeroCount: numberOf(point, "zeroCount"),
    ...{ positive: bucketsOf(point, "positive"), negative: bucketsOf(point, "negative") },
  });
}

function readSummary(point: Fields, into: DataPoints): void {
  const quantiles = firstOf(listOf(point, "quantileValues"), MOST_BUCKETS);
  into.summary({
    ...{ ...summed(point), sum: numberOf(point, "sum") },
    quantiles: quantiles.map((one) => [numberOf(one, "quantile"), numberOf(one, "value")]),
  });
}

function shared(point: Fields) {
  return {
    said: {
      ...{ kind: "attributes" as const, key: null },
      attributes: attributesOf(point, MAX_LABELS + 1),
    },
    timeUs: microsecondsOf(point.timeUnixNano ?? 0),
    flags: numberOf(point, "flags"),
  };
}

function summed(point: Fields) {
  return { ...shared(point), count: numberOf(point, "count"), sum: optional(point, "sum") };
}

function bucketsOf(point: Fields, name: string): ExponentialBuckets {
  const side = fieldsOf(point[name] ?? {}, name);
  return { offset: numberOf(side, "offset"), counts: numbersOf(side, "bucketCounts") };
}

function pointsOf(metric: Fields, kind: string): Fields[] {
  const data = metric[kind];
  return data === undefined || data === null ? [] : listOf(fieldsOf(data, kind), "dataPoints");
}

function attributesOf(fields: Fields, most: number): Attribute[] {
  return firstOf(listOf(fields, "attributes"), most).map(
    (one): Attribute => [
      wordOf(textOf(one, "key")),
      wordOf(labelOf(anyValueOf(fieldsOf(one.value ?? {}, "value")))),
    ],
  );
}
