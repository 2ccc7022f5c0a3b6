import { bytesField, textField, uintField } from "../../src/formats/wire/protobuf-writer.ts";
import type { HostileBody } from "./text-bodies.ts";

/** `part` again and again as one field of the message, up to so many bytes. */
function repeated(bytes: number, part: readonly number[], before: readonly number[] = []) {
  const times = Math.floor((bytes - before.length) / part.length);
  const body = new Uint8Array(before.length + times * part.length);
  body.set(before);
  for (let at = 0; at < times; at += 1) body.set(part, before.length + at * part.length);
  return body;
}

const wire = (name: string, bytes: Uint8Array): HostileBody => ({ name, bytes });
const sample = [...[1 * 8 + 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f], ...uintField(2, 1_790_000_000_000)];
const label = (name: string, value: string) =>
  bytesField(1, [...textField(1, name), ...textField(2, value)]);

/** Of `prometheus.WriteRequest`. */
export function writeBodies(bytes: number): HostileBody[] {
  const name = label("__name__", "m");
  const good = bytesField(1, [...name, ...label("symbol", "A"), ...bytesField(2, sample)]);
  const fields = repeatedField(bytes / 32, uintField(3, 1));
  const spans = repeatedField(bytes / 64, bytesField(11, uintField(2, 1)));
  const deltas = bytesField(12, new Array<number>(bytes / 16).fill(2));
  const labels = Array.from({ length: 5_000 }, (_, at) => label(`l${at}`, "x")).flat();
  return [
    wire("empty series", repeated(bytes, bytesField(1, []))),
    wire("good series", repeated(bytes, good)),
    wire("one series, samples without end", oneSeries(bytes, bytesField(2, sample), name)),
    wire("one series, labels without end", oneSeries(bytes, label("a", "b"), [])),
    wire("series of 5,000 labels", repeated(bytes, bytesField(1, [...labels, ...name]))),
    wire("empty histograms", oneSeries(bytes, bytesField(4, []), name)),
    wire(
      "histograms of many spans",
      oneSeries(
        bytes,
        bytesField(4, repeatedField(2_000, bytesField(11, uintField(2, 100)))),
        name,
      ),
    ),
    wire("one histogram, spans without end", oneSeries(bytes, bytesField(4, spans), name)),
    wire("one histogram, buckets without end", oneSeries(bytes, bytesField(4, deltas), name)),
    wire("one series, fields without end", oneSeries(bytes, uintField(9, 1), name)),
    wire("one label, fields without end", oneSeries(bytes, bytesField(1, fields), name)),
    wire("unknown fields", repeated(bytes, uintField(900, 1))),
    wire("bytes that never end a number", repeated(bytes, [0xff])),
    wire("groups", repeated(bytes, [1 * 8 + 3])),
  ];
}

/** Of `io.prometheus.write.v2.Request`: a table of texts, and places in it. */
export function write2Bodies(bytes: number): HostileBody[] {
  const long = textField(4, "x".repeat(4_000));
  const table = [...textField(4, ""), ...textField(4, "__name__"), ...textField(4, "m"), ...long];
  const refs = (places: readonly number[]) => bytesField(1, places);
  const series = (places: readonly number[]) =>
    bytesField(5, [...refs(places), ...bytesField(2, sample)]);
  const many = Array.from({ length: 2_000 }, () => 3);
  return [
    wire("texts without end", repeated(bytes, textField(4, "a"))),
    wire("unknown fields", repeated(bytes, uintField(9, 1))),
    wire("good series", repeated(bytes, series([1, 2]), table)),
    wire("a long text in every label", repeated(bytes, series([1, 2, 3, 3]), table)),
    wire("2,000 places a series", repeated(bytes, series([1, 2, ...many]), table)),
  ];
}

/** Of `ExportLogsServiceRequest`. */
export function otlpLogBodies(bytes: number): HostileBody[] {
  const body = (value: readonly number[]) => bytesField(5, value);
  const attribute = bytesField(6, [...textField(1, "a"), ...bytesField(2, textField(1, "x"))]);
  const list = bytesField(5, repeatedField(10_000, bytesField(1, textField(1, "x"))));
  const oneScope = (record: readonly number[]) =>
    nestedIn([1, 2], repeated(bytes - 32, bytesField(2, record)));
  return [
    wire("one scope, empty records", oneScope([])),
    wire("one scope, good records", oneScope([...body(textField(1, "a")), ...attribute])),
    wire("one scope, records of 1,000 attributes", oneScope(repeatedField(1_000, attribute))),
    wire("one scope, records of lists", oneScope(body(list))),
    wire("one record, a body of bytes", nestedIn([1, 2, 2, 5, 7], new Uint8Array(bytes - 64))),
    wire("one scope, fields without end", nestedIn([1, 2], repeated(bytes - 32, uintField(9, 1)))),
  ];
}

function repeatedField(times: number, field: readonly number[]): number[] {
  return Array.from({ length: times }, () => field).flat();
}

function oneSeries(bytes: number, part: readonly number[], before: readonly number[]): Uint8Array {
  return nestedIn([1], repeated(bytes - 16, part, before));
}

/** In a message of this field, and that in one, the outermost first. */
function nestedIn(fields: readonly number[], inner: Uint8Array): Uint8Array {
  return fields.toReversed().reduce((within, field) => {
    const head = [field * 8 + 2, ...varint(within.length)];
    const body = new Uint8Array(head.length + within.length);
    body.set(head);
    body.set(within, head.length);
    return body;
  }, inner);
}

function varint(value: number): number[] {
  return uintField(0, value).slice(1);
}

/** Blocks of snappy's (github.com/google/snappy, format_description.txt). */
export function snappyBodies(bytes: number): HostileBody[] {
  const letter = [0, 0x61];
  const copyOfFour = [1, 1];
  return [
    wire("texts of one letter", repeated(2 * bytes + 4, letter, varint(bytes))),
    wire("copies of four bytes", repeated(bytes / 2, copyOfFour, [...varint(bytes), ...letter])),
  ];
}

/** Of `ExportMetricsServiceRequest`. */
export function otlpBodies(bytes: number): HostileBody[] {
  const time = [
    3 * 8 + 1,
    ...new Uint8Array(new BigUint64Array([1_790_000_000_000_000_000n]).buffer),
  ];
  const value = [4 * 8 + 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
  const attribute = (key: string) =>
    bytesField(7, [...textField(1, key), ...bytesField(2, textField(1, "x"))]);
  const point = (attributes: readonly number[]) =>
    bytesField(1, [...attributes, ...time, ...value]);
  const gauge = (points: readonly number[]) =>
    bytesField(2, [...textField(1, "m"), ...bytesField(5, points)]);
  const within = (metrics: readonly number[], before: readonly number[] = []) =>
    bytesField(1, [...before, ...bytesField(2, metrics)]);
  const resource = bytesField(
    1,
    Array.from({ length: 2_000 }, (_, at) =>
      bytesField(1, [...textField(1, `r${at}`), ...bytesField(2, textField(1, "x"))]),
    ).flat(),
  );
  let nested = bytesField(2, textField(1, "x"));
  for (let depth = 0; depth < 2_000; depth += 1) nested = bytesField(2, bytesField(5, nested));
  const deep = bytesField(7, [...textField(1, "a"), ...nested]);
  const attributes = Array.from({ length: 3_000 }, (_, at) => attribute(`a${at}`)).flat();
  const buckets = bytesField(
    6,
    Array.from({ length: 40_000 }, () => 0),
  );
  const histogram = bytesField(2, [...textField(1, "h"), ...bytesField(9, bytesField(1, buckets))]);
  const name = textField(1, "m");
  const oneScope = (part: readonly number[]) => nestedIn([1, 2], repeated(bytes - 32, part));
  const oneMetric = (part: readonly number[]) => nestedIn([1, 2, 2, 5], repeated(bytes - 32, part));
  return [
    wire("empty resources", repeated(bytes, bytesField(1, []))),
    wire("good points", repeated(bytes, within(gauge(point(attribute("symbol")))))),
    wire("one metric, good points without end", oneMetric(point(attribute("symbol")))),
    wire("one metric, empty points without end", oneMetric(bytesField(1, []))),
    wire(
      "one scope, metrics without end",
      oneScope(bytesField(2, gauge(point(attribute("symbol"))))),
    ),
    wire("one scope, fields without end", oneScope(uintField(9, 1))),
    wire("one resource, fields without end", nestedIn([1], repeated(bytes - 32, uintField(9, 1)))),
    wire("fields without end", repeated(bytes, uintField(9, 1))),
    wire(
      "one metric, fields without end",
      nestedIn([1, 2, 2], repeated(bytes - 32, uintField(13, 1), name)),
    ),
    wire("one gauge, fields without end", oneMetric(uintField(9, 1))),
    wire("points of 3,000 attributes", repeated(bytes, within(gauge(point(attributes))))),
    wire("values that nest 2,000 deep", repeated(bytes, within(gauge(point(deep))))),
    wire("resources of 2,000 attributes", repeated(bytes, within(gauge(point([])), resource))),
    wire("histograms of 40,000 buckets", repeated(bytes, within(histogram))),
    wire("empty metrics", repeated(bytes, within(bytesField(2, [])))),
  ];
}
