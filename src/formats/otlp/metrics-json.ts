import { wordOf } from "../wire/words.ts";
import { labelOf } from "./attributes.ts";
import type { Attribute, DataPoints, ExponentialBuckets } from "./data-points.ts";
import {
  anyValueOf,
  type Fields,
  fieldsOf,
  listOf,
  microsecondsOf,
  numberOf,
  numbersOf,
  optional,
  textOf,
} from "./json-fields.ts";

/** Reads an `ExportMetricsServiceRequest` as JSON: names in camelCase, long whole numbers as text, what is unknown is passed over. */
export function readMetricsJson(body: unknown, into: DataPoints): void {
  for (const resourceMetrics of listOf(fieldsOf(body, "body"), "resourceMetrics")) {
    const resource = resourceMetrics.resource ?? {};
    into.resource(attributesOf(fieldsOf(resource, "resource")));
    for (const scopeMetrics of listOf(resourceMetrics, "scopeMetrics")) {
      for (const metric of listOf(scopeMetrics, "metrics")) readMetric(metric, into);
    }
  }
}

function readMetric(metric: Fields, into: DataPoints): void {
  into.metric(wordOf(textOf(metric, "name")));
  for (const point of pointsOf(metric, "gauge")) readNumber(point, into);
  for (const point of pointsOf(metric, "sum")) readNumber(point, into);
  for (const point of pointsOf(metric, "histogram")) {
    into.histogram({
      ...{ ...summed(point), min: optional(point, "min"), max: optional(point, "max") },
      ...{ bounds: numbersOf(point, "explicitBounds"), counts: numbersOf(point, "bucketCounts") },
    });
  }
  for (const point of pointsOf(metric, "exponentialHistogram")) {
    into.exponential({
      ...{ ...summed(point), min: optional(point, "min"), max: optional(point, "max") },
      ...{ scale: numberOf(point, "scale"), zeroThreshold: numberOf(point, "zeroThreshold") },
      zeroCount: numberOf(point, "zeroCount"),
      ...{ positive: bucketsOf(point, "positive"), negative: bucketsOf(point, "negative") },
    });
  }
  for (const point of pointsOf(metric, "summary")) {
    const quantiles = listOf(point, "quantileValues").map((one): [number, number] => [
      numberOf(one, "quantile"),
      numberOf(one, "value"),
    ]);
    into.summary({ ...summed(point), sum: numberOf(point, "sum"), quantiles });
  }
}

function readNumber(point: Fields, into: DataPoints): void {
  into.number({ ...shared(point), value: optional(point, "asDouble") ?? optional(point, "asInt") });
}

function shared(point: Fields) {
  return {
    said: { kind: "attributes", attributes: attributesOf(point), key: null } as const,
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

function attributesOf(fields: Fields): Attribute[] {
  return listOf(fields, "attributes").map(
    (one): Attribute => [
      wordOf(textOf(one, "key")),
      wordOf(labelOf(anyValueOf(fieldsOf(one.value ?? {}, "value")))),
    ],
  );
}
