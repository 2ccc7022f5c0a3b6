import { bytesField, textField, uintField } from "../../src/formats/wire/protobuf-writer.ts";

/** A body that is as long as the limits allow and wants more work, or memory, than it has bytes. */
export interface HostileBody {
  name: string;
  bytes: Uint8Array;
}

const ENCODER = new TextEncoder();
const text = (name: string, body: string): HostileBody => ({ name, bytes: ENCODER.encode(body) });

/** `unit` again and again, up to so many bytes. */
function filled(bytes: number, unit: string, before = "", after = ""): string {
  const times = Math.floor((bytes - before.length - after.length) / ENCODER.encode(unit).length);
  return before + unit.repeat(times) + after;
}

export function jsonBodies(bytes: number): HostileBody[] {
  const point = '{"symbol":"A","metric":"m","value":1}';
  const label = (at: number) => `"l${at}":"${"x".repeat(20)}"`;
  const wide = Array.from({ length: 20_000 }, (_, at) => label(at)).join(",");
  return [
    text("nested arrays", filled(bytes, "[")),
    text("nested objects", filled(bytes, '{"a":')),
    text("empty objects", filled(bytes, "{},", "[", "{}]")),
    text("numbers", filled(bytes, "1,", "[", "1]")),
    text("one long number", filled(bytes, "9", '[{"metric":"m","value":', "}]")),
    text("one long name", filled(bytes, "a", '[{"metric":"', '","value":1}]')),
    text("escapes", filled(bytes, "\\u00e9", '[{"metric":"', '","value":1}]')),
    text("good points", filled(bytes, `${point},`, "[", `${point}]`)),
    text(
      "points of wrong values",
      filled(bytes, '{"metric":"m","value":"x"},', "[", '{"metric":1}]'),
    ),
    text(
      "labels without end",
      filled(bytes, `{"metric":"m","value":1,"labels":{${wide}}},`, "[", "{}]"),
    ),
    text("one key again and again", filled(bytes, '"a":1,', "[{", '"a":1}]')),
    text("spaces", filled(bytes, " ", "[", "]")),
    text("not closed", filled(bytes, `${point},`, "[")),
  ];
}

export function lineBodies(bytes: number): HostileBody[] {
  return [
    text("commas", filled(bytes, ",")),
    text("backslashes", filled(bytes, "\\", "m")),
    text("tags without end", filled(bytes, "a=b,", "m,", "a=b v=1")),
    text("fields without end", filled(bytes, "f=1,", "m ", "f=1")),
    text("quotes never closed, a line", filled(bytes, 'm v="a\n')),
    text("escaped quotes", filled(bytes, '\\"', 'm v="')),
    text("quotes full of newlines", filled(bytes, "\n", 'm v="', '"')),
    text("comments", filled(bytes, "#\n")),
    text("blank lines", filled(bytes, "\n")),
    text("lone letters", filled(bytes, "m\n")),
    text("good lines", filled(bytes, "m v=1\n")),
    text("long digits", filled(bytes, "9", "m v=1 ")),
    text("equals", filled(bytes, "=", "m,a")),
  ];
}

export function logBodies(bytes: number): HostileBody[] {
  return [
    text("lines of one letter", filled(bytes, "x\n")),
    text("nested objects, a line", filled(bytes, `${'{"a":'.repeat(200)}1${"}".repeat(200)}\n`)),
    text("one line", filled(bytes, "x")),
    text("broken objects", filled(bytes, '{"msg":"a\n')),
    text("good lines", filled(bytes, '{"level":"info","msg":"a"}\n')),
    text(
      "many fields, a line",
      filled(
        bytes,
        `{"msg":"a",${Array.from({ length: 3_000 }, (_, at) => `"f${at}":1`).join(",")}}\n`,
      ),
    ),
    text("an array of empty objects", filled(bytes, "{},", "[", "{}]")),
    text("equal signs", filled(bytes, "a=b ", "level=info ")),
    text("time after time", filled(bytes, "2026-01-01T00:00:00Z ")),
  ];
}

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
    wire("good series", repeated(bytes, series([1, 2]), table)),
    wire("a long text in every label", repeated(bytes, series([1, 2, 3, 3]), table)),
    wire("2,000 places a series", repeated(bytes, series([1, 2, ...many]), table)),
  ];
}

function repeatedField(times: number, field: readonly number[]): number[] {
  return Array.from({ length: times }, () => field).flat();
}

function oneSeries(bytes: number, part: readonly number[], before: readonly number[]): Uint8Array {
  const inner = repeated(bytes - 16, part, before);
  const head = [1 * 8 + 2, ...varint(inner.length)];
  const body = new Uint8Array(head.length + inner.length);
  body.set(head);
  body.set(inner, head.length);
  return body;
}

function varint(value: number): number[] {
  return uintField(0, value).slice(1);
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
  return [
    wire("empty resources", repeated(bytes, bytesField(1, []))),
    wire("good points", repeated(bytes, within(gauge(point(attribute("symbol")))))),
    wire("points of 3,000 attributes", repeated(bytes, within(gauge(point(attributes))))),
    wire("values that nest 2,000 deep", repeated(bytes, within(gauge(point(deep))))),
    wire("resources of 2,000 attributes", repeated(bytes, within(gauge(point([])), resource))),
    wire("histograms of 40,000 buckets", repeated(bytes, within(histogram))),
    wire("empty metrics", repeated(bytes, within(bytesField(2, [])))),
  ];
}
