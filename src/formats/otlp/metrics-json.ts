import { readDigits } from "../../core/time/timestamp.ts";
import { WireFault } from "../wire/wire-fault.ts";
import { wordOf } from "../wire/words.ts";
import { type AnyValue, labelOf } from "./attributes.ts";
import type { Attribute, DataPoints, ExponentialBuckets } from "./data-points.ts";

interface Fields {
  [name: string]: unknown;
  resource?: unknown;
  timeUnixNano?: unknown;
  value?: unknown;
  arrayValue?: unknown;
  kvlistValue?: unknown;
  stringValue?: unknown;
  boolValue?: unknown;
  intValue?: unknown;
  doubleValue?: unknown;
  bytesValue?: unknown;
}

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
    attributes: attributesOf(point),
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

/** The survey of the body has seen to it that it is not deep. */
function anyValueOf(value: Fields): AnyValue {
  if (value.arrayValue !== undefined) {
    return listOf(fieldsOf(value.arrayValue, "arrayValue"), "values").map(anyValueOf);
  }
  if (value.kvlistValue !== undefined) {
    const entries = listOf(fieldsOf(value.kvlistValue, "kvlistValue"), "values");
    return Object.fromEntries(
      entries.map((one) => [textOf(one, "key"), anyValueOf(fieldsOf(one.value ?? {}, "value"))]),
    );
  }
  const plain =
    value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue ?? value.bytesValue;
  if (plain === undefined || plain === null) return null;
  if (typeof plain === "object") throw new WireFault("an attribute is no value");
  return plain as string | number | boolean;
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new WireFault(`${name} must be an object`);
}

function listOf(fields: Fields, name: string): Fields[] {
  return valuesOf(fields, name).map((one) => fieldsOf(one, `an element of ${name}`));
}

function valuesOf(fields: Fields, name: string): unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value)) return value;
  throw new WireFault(`${name} must be an array`);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name] ?? "";
  if (typeof value === "string") return value;
  throw new WireFault(`${name} must be text`);
}

function numbersOf(fields: Fields, name: string): number[] {
  return valuesOf(fields, name).map((value) => readNumberOf(value, name));
}

function numberOf(fields: Fields, name: string): number {
  return readNumberOf(fields[name] ?? 0, name);
}

function optional(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return value === undefined || value === null ? undefined : readNumberOf(value, name);
}

const SPELLED: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);
const NUMBER = /^-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,4})?$/;

/** Numbers may be text, whose digits a number may not have room for. */
function readNumberOf(value: unknown, name: string): number {
  if (typeof value === "number") return value;
  const spelled = SPELLED.get(value);
  if (spelled !== undefined) return spelled;
  if (typeof value === "string" && NUMBER.test(value)) return Number(value);
  throw new WireFault(`${name} must be a number`);
}

function microsecondsOf(value: unknown): number {
  if (value === 0 || value === "0") return 0;
  const digits = typeof value === "number" ? value.toFixed(0) : value;
  if (typeof digits !== "string" || !/^\d{1,20}$/.test(digits)) {
    throw new WireFault("timeUnixNano must be nanoseconds since the epoch, as text");
  }
  const reading = readDigits(digits, "ns");
  return reading.kind === "moment" ? reading.us : 0;
}
