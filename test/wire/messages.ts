import { bytesField, textField, uintField } from "../../src/formats/wire/protobuf-writer.ts";

/*
 * The messages of remote write and OTLP as their senders encode them. What real senders send is in test/fixtures/wire and in
 * test/e2e/formats.test.ts.
 */

export interface Sample {
  value: number;
  timeMs: number;
}

export interface NativeHistogram {
  count?: number;
  sum?: number;
  schema?: number;
  zeroThreshold?: number;
  zeroCount?: number;
  negative?: Side;
  positive?: Side;
  timeMs: number;
  custom?: number[];
}

export interface Side {
  spans: [offset: number, length: number][];
  deltas: number[];
}

export interface WrittenSeries {
  labels: Record<string, string> | [string, string][];
  samples?: Sample[];
  histograms?: NativeHistogram[];
  exemplars?: number;
}

export function doubleField(field: number, value: number): number[] {
  return [field * 8 + 1, ...doubleBytes(value)];
}

/** A double of which the bits are given: of NaNs there are many. Or a `fixed64`. */
export function bitsField(field: number, bits: bigint): number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, bits, true);
  return [field * 8 + 1, ...bytes];
}

function doubleBytes(value: number): number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [...bytes];
}

/** Negative ones have all ten bytes. */
export function int64Field(field: number, value: number | bigint): number[] {
  return [field * 8, ...varint(BigInt.asUintN(64, BigInt(value)))];
}

export function sint64Field(field: number, value: number): number[] {
  return [field * 8, ...varint(zigzag(value))];
}

function zigzag(value: number): bigint {
  const whole = BigInt(value);
  return BigInt.asUintN(64, (whole << 1n) ^ (whole >> 63n));
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

/** `prometheus.WriteRequest` */
export function writeRequest1(series: WrittenSeries[]): Uint8Array {
  const bytes = series.map((one) => {
    const labels = entriesOf(one).map(([name, value]) =>
      bytesField(1, [...textField(1, name), ...textField(2, value)]),
    );
    const exemplars = Array.from({ length: one.exemplars ?? 0 }, () =>
      bytesField(3, [...doubleField(2, 1), ...int64Field(3, 1)]),
    );
    return bytesField(1, [...labels, ...valuesOf(one, 2, 4), ...exemplars].flat());
  });
  // What describes metrics comes along, or alone.
  const metadata = bytesField(3, [
    ...uintField(1, 2),
    ...textField(2, "up"),
    ...textField(4, "help"),
  ]);
  return join([...bytes, metadata]);
}

/** `io.prometheus.write.v2.Request`; `textsLast` puts the table behind what refers to it. */
export function writeRequest2(series: WrittenSeries[], textsLast = false): Uint8Array {
  const texts = new Map([["", 0]]);
  const ref = (text: string) => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, texts.size);
    return texts.size - 1;
  };
  const bytes = series.map((one) => {
    const refs = entriesOf(one).flatMap(([name, value]) => [ref(name), ref(value)]);
    const packed = bytesField(
      1,
      refs.flatMap((each) => varint(BigInt(each))),
    );
    const exemplars = Array.from({ length: one.exemplars ?? 0 }, () =>
      bytesField(4, [...doubleField(2, 1), ...int64Field(3, 1)]),
    );
    const metadata = bytesField(5, [...uintField(1, 2), ...uintField(3, ref("some help"))]);
    return bytesField(5, [packed, ...valuesOf(one, 2, 3), ...exemplars, metadata].flat());
  });
  const table = [...texts.keys()].map((text) => textField(4, text));
  return join(textsLast ? [...bytes, ...table] : [...table, ...bytes]);
}

function entriesOf({ labels }: WrittenSeries): [string, string][] {
  return Array.isArray(labels) ? labels : Object.entries(labels);
}

function valuesOf(series: WrittenSeries, samples: number, histograms: number): number[][] {
  return [
    ...(series.samples ?? []).map(({ value, timeMs }) =>
      bytesField(samples, [...doubleField(1, value), ...int64Field(2, timeMs)]),
    ),
    ...(series.histograms ?? []).map((one) => bytesField(histograms, histogramBytes(one))),
  ];
}

function histogramBytes(histogram: NativeHistogram): number[] {
  const { negative, positive, custom } = histogram;
  return [
    ...uintField(1, histogram.count ?? 0),
    ...doubleField(3, histogram.sum ?? 0),
    ...sint64Field(4, histogram.schema ?? 0),
    ...doubleField(5, histogram.zeroThreshold ?? 0),
    ...uintField(6, histogram.zeroCount ?? 0),
    ...(negative === undefined ? [] : sideBytes(negative, 8, 9)),
    ...(positive === undefined ? [] : sideBytes(positive, 11, 12)),
    ...int64Field(15, histogram.timeMs),
    // Two-byte keys.
    ...(custom === undefined
      ? []
      : [0x82, 0x01, ...varint(BigInt(custom.length * 8)), ...custom.flatMap(doubleBytes)]),
  ];
}

function sideBytes({ spans, deltas }: Side, spanField: number, deltaField: number): number[] {
  return [
    ...spans.flatMap(([offset, length]) =>
      bytesField(spanField, [...sint64Field(1, offset), ...uintField(2, length)]),
    ),
    ...bytesField(
      deltaField,
      deltas.flatMap((delta) => varint(zigzag(delta))),
    ),
  ];
}

function join(parts: number[][]): Uint8Array {
  return new Uint8Array(parts.flat());
}
