import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inOneTurn, STEP_BYTES } from "../../../src/formats/in-steps.ts";
import { exportAnswer, statusAnswer } from "../../../src/formats/otlp/answers.ts";
import { decodeLogs } from "../../../src/formats/otlp/decode-logs.ts";
import { decodeMetrics } from "../../../src/formats/otlp/decode-metrics.ts";
import type { OtlpEncoding } from "../../../src/formats/otlp/encoding.ts";
import type { PointTerms } from "../../../src/formats/points/decoded-points.ts";
import { ProtobufReader } from "../../../src/formats/wire/protobuf-reader.ts";
import { bytesField, textField, uintField } from "../../../src/formats/wire/protobuf-writer.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { bitsField, doubleField, int64Field, sint64Field } from "../../wire/messages.ts";
import { mutationsOf } from "../../wire/mutations.ts";
import { pointsOf, TERMS } from "../../wire/point-terms.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/wire/${name}`, import.meta.url)));
const CAPTURES = {
  protobuf: fixture("opentelemetry-js.protobuf"),
  json: fixture("opentelemetry-js.json"),
};
const CAPTURE_TERMS: PointTerms = { ...TERMS, nowUs: 1_795_727_400_000_000 as EpochUs };
const NOW_NS = BigInt(TERMS.nowUs) * 1_000n;

function read(bytes: Uint8Array, encoding: OtlpEncoding, terms = TERMS) {
  const decoded = inOneTurn(decodeMetrics(bytes, encoding, terms));
  if (decoded.kind !== "points") throw new Error(JSON.stringify(decoded));
  return decoded.points;
}

const readJson = (body: unknown, terms = TERMS) =>
  read(new TextEncoder().encode(JSON.stringify(body)), "json", terms);

function recordOf(bytes: Uint8Array, encoding: OtlpEncoding) {
  const decoded = inOneTurn(decodeLogs(bytes, encoding, TERMS));
  if (decoded.kind !== "points") throw new Error(JSON.stringify(decoded));
  const { symbol, event } = decoded.records.items[0] ?? {};
  if (event?.kind !== "log") throw new Error("no line was taken");
  return { symbol, event };
}

function lineOf(bytes: Uint8Array, encoding: OtlpEncoding) {
  const { event } = recordOf(bytes, encoding);
  return [event.event, event.fields];
}

/** A request of one metric, as JSON. */
function requestOf(metric: object, resource: object[] = []) {
  return {
    resourceMetrics: [
      { resource: { attributes: resource }, scopeMetrics: [{ scope: {}, metrics: [metric] }] },
    ],
  };
}

const attribute = (key: string, value: object) => ({ key, value });
const text = (key: string, stringValue: string) => attribute(key, { stringValue });
const at = { startTimeUnixNano: "1", timeUnixNano: String(NOW_NS) };
const gauge = (...dataPoints: object[]) => ({ name: "g", gauge: { dataPoints } });

describe("OTLP metrics", () => {
  it.each(["protobuf", "json"] as const)(
    "O-6 takes what OpenTelemetry's SDK sends as %s",
    (encoding) => {
      const points = read(CAPTURES[encoding], encoding, CAPTURE_TERMS);
      expect(points.refused.count).toBe(0);
      const found = pointsOf(points).map(([symbol, metric, labels, , value]) => [
        symbol,
        metric,
        labels,
        value,
      ]);
      const who = { service: "matcher", instance: "m-1" };
      expect(found).toContainEqual(["ACME", "orders", { side: "buy", ...who }, 3]);
      expect(found).toContainEqual(["_system", "open", who, -2]);
      expect(found).toContainEqual(["ACME", "temp", who, 1.5]);
      expect(found).toContainEqual(["ACME", "latency_sum", who, 733]);
      expect(found).toContainEqual(["ACME", "latency_max", who, 700]);
      expect(found).toContainEqual(["ACME", "latency_bucket", { ...who, le: "50" }, 3]);
      expect(found).toContainEqual(["ACME", "latency_bucket", { ...who, le: "+Inf" }, 4]);
      expect(found).toContainEqual(["_system", "exp_bucket", { ...who, le: "1" }, 3]);
      expect(found).toContainEqual(["_system", "exp_bucket", { ...who, le: "+Inf" }, 5]);
      expect(found).toHaveLength(37);
    },
  );

  it("O-6 says the same of the same in both encodings", () => {
    const [one, other] = (["protobuf", "json"] as const).map((encoding) =>
      pointsOf(read(CAPTURES[encoding], encoding, CAPTURE_TERMS)).map(
        ([symbol, metric, labels, , value]) => [symbol, metric, labels, value],
      ),
    );
    expect(one).toEqual(other);
  });

  it("O-6 makes labels of attributes of all kinds, and of a resource its name alone", () => {
    const attributes = [
      text("symbol", "BTC/USDT"),
      attribute("flag", { boolValue: true }),
      attribute("id", { intValue: "9007199254740993" }),
      attribute("ratio", { doubleValue: 0.5 }),
      attribute("list", { arrayValue: { values: [{ stringValue: "a" }, { boolValue: false }] } }),
      attribute("map", { kvlistValue: { values: [text("k", "v")] } }),
      attribute("bytes", { bytesValue: "aGk=" }),
      text("empty", ""),
      text("service", "of its own"),
    ];
    const resource = [
      text("service.name", "oms"),
      text("service.instance.id", "1"),
      text("host.name", "h"),
    ];
    const points = readJson(requestOf(gauge({ attributes, ...at, asInt: "-7" }), resource));
    expect(pointsOf(points)).toEqual([
      [
        "BTC/USDT",
        "g",
        {
          ...{ flag: "true", id: "9007199254740993", ratio: "0.5", list: '["a",false]' },
          ...{ map: '{"k":"v"}', bytes: "aGk=", service: "of its own", instance: "1" },
        },
        TERMS.nowUs,
        -7,
      ],
    ]);
  });

  it("O-6 reads those attributes from protobuf too, names that come last, and whole nanoseconds", () => {
    const any = (key: string, value: number[]) =>
      bytesField(7, [...textField(1, key), ...bytesField(2, value)]);
    const point = [
      ...any("flag", uintField(2, 1)),
      ...any("id", int64Field(3, 9007199254740993n)),
      ...any("ratio", doubleField(4, 0.5)),
      ...any("list", bytesField(5, bytesField(1, textField(1, "a")))),
      ...any(
        "map",
        bytesField(6, bytesField(1, [...textField(1, "k"), ...bytesField(2, textField(1, "v"))])),
      ),
      ...any("bytes", textField(7, "hi")),
      ...bitsField(3, NOW_NS + 1_999n),
      ...bitsField(6, BigInt.asUintN(64, -7n)),
    ];
    const metric = [...bytesField(5, bytesField(1, point)), ...textField(1, "g")];
    const resource = bytesField(
      1,
      bytesField(1, [...textField(1, "symbol"), ...bytesField(2, textField(1, "ACME"))]),
    );
    const scope = bytesField(2, bytesField(2, metric));
    const points = read(new Uint8Array(bytesField(1, [...scope, ...resource])), "protobuf");
    const labels = {
      flag: "true",
      id: "9007199254740993",
      ratio: "0.5",
      list: '["a"]',
      map: '{"k":"v"}',
      bytes: "aGk=",
    };
    expect(pointsOf(points)).toEqual([["ACME", "g", labels, TERMS.nowUs + 1, -7]]);
  });

  it("O-6 LG-9 says the same of every value in both encodings: numbers where a double is exact", () => {
    const whole = (value: bigint) => ({
      json: [{ intValue: String(value) }],
      wire: int64Field(3, value),
    });
    const fraction = (value: number, ...json: unknown[]) => ({
      json: json.map((doubleValue) => ({ doubleValue })),
      wire: doubleField(4, value),
    });
    const SAID = [
      [{ json: [{ intValue: "5" }, { intValue: 5 }], wire: int64Field(3, 5) }, 5],
      [whole(0n), 0],
      [whole(-3n), -3],
      [whole(9007199254740991n), Number.MAX_SAFE_INTEGER],
      [whole(9007199254740993n), "9007199254740993"],
      [whole(-(2n ** 63n)), "-9223372036854775808"],
      [
        {
          json: [{ intValue: 2 ** 60 }, { intValue: "1152921504606846976" }],
          wire: int64Field(3, 2n ** 60n),
        },
        "1152921504606846976",
      ],
      [{ json: [{ intValue: 1e20 }, { doubleValue: 1e20 }], wire: doubleField(4, 1e20) }, 1e20],
      [fraction(0.5, 0.5, "0.5", "5e-1"), 0.5],
      [fraction(3, 3, "3"), 3],
      [fraction(Number.NaN, "NaN"), "NaN"],
      [fraction(Number.NEGATIVE_INFINITY, "-Infinity"), "-Infinity"],
      [{ json: [{ stringValue: "5" }], wire: textField(1, "5") }, "5"],
    ] as const;
    for (const [{ json, wire }, value] of SAID) {
      const list = bytesField(5, bytesField(1, wire));
      const map = bytesField(
        6,
        bytesField(1, [...textField(1, "k"), ...bytesField(2, bytesField(5, bytesField(1, wire)))]),
      );
      const pairs = (field: number) => [
        ...bytesField(field, [...textField(1, "one"), ...bytesField(2, wire)]),
        ...bytesField(field, [...textField(1, "list"), ...bytesField(2, list)]),
        ...bytesField(field, [...textField(1, "map"), ...bytesField(2, map)]),
      ];
      const point = [...bitsField(3, NOW_NS), ...bitsField(6, 1n), ...pairs(7)];
      const metric = [...textField(1, "g"), ...bytesField(5, bytesField(1, point))];
      const record = [...bitsField(1, NOW_NS), ...bytesField(5, list), ...pairs(6)];
      const ofScope = (field: number[]) =>
        new Uint8Array(bytesField(1, bytesField(2, bytesField(2, field))));
      const labels = {
        one: String(value),
        list: JSON.stringify([value]),
        map: JSON.stringify({ k: [value] }),
      };
      const fields = { one: value, list: [value], map: { k: [value] } };
      expect(pointsOf(read(ofScope(metric), "protobuf"))[0]?.[2]).toEqual(labels);
      expect(lineOf(ofScope(record), "protobuf")).toEqual([JSON.stringify([value]), fields]);
      for (const any of json) {
        const values = { arrayValue: { values: [any] } };
        const attributes = [
          attribute("one", any),
          attribute("list", values),
          attribute("map", { kvlistValue: { values: [{ key: "k", value: values }] } }),
        ];
        const points = readJson(requestOf(gauge({ ...at, asInt: 1, attributes }), []));
        expect(pointsOf(points)[0]?.[2]).toEqual(labels);
        const logRecords = [{ ...at, body: values, attributes }];
        const body = { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
        const bytes = new TextEncoder().encode(JSON.stringify(body));
        expect(lineOf(bytes, "json")).toEqual([JSON.stringify([value]), fields]);
      }
    }
  });

  it("LG-9 names that are numbers are names in both encodings", () => {
    const pair = (field: number, name: string, value: number) =>
      bytesField(field, [...textField(1, name), ...bytesField(2, int64Field(3, value))]);
    const record = [...pair(6, "symbol", 7), ...pair(6, "correlation_id", 8)];
    const wire = bytesField(1, [
      ...bytesField(1, pair(1, "service.name", 9)),
      ...bytesField(2, bytesField(2, record)),
    ]);
    const attributes = [
      attribute("symbol", { intValue: 7 }),
      attribute("correlation_id", { intValue: "8" }),
    ];
    const resource = { attributes: [attribute("service.name", { intValue: "9" })] };
    const json = { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{ attributes }] }] }] };
    const bytes = new TextEncoder().encode(JSON.stringify(json));
    for (const [body, encoding] of [
      [new Uint8Array(wire), "protobuf"],
      [bytes, "json"],
    ] as const) {
      const { symbol, event } = recordOf(body, encoding);
      expect([symbol, event]).toMatchObject(["7", { correlation_id: "8", service: "9" }]);
    }
  });

  it("O-7 keeps sums as they are, delta or cumulative, and leaves points without a value out", () => {
    const points = readJson(
      requestOf({
        name: "s",
        sum: {
          ...{ aggregationTemporality: 1, isMonotonic: true },
          dataPoints: [{ ...at, asDouble: 2 }, { asInt: 3 }, { ...at, flags: 1, asDouble: 0 }],
        },
      }),
    );
    // Without a time it is of now.
    expect(pointsOf(points).map(([, , , ts, value]) => [ts, value])).toEqual([
      [TERMS.nowUs, 2],
      [TERMS.nowUs, 3],
    ]);
    expect(points.refused.count).toBe(0);
  });

  it("O-7 makes a summary of its quantiles, and exponential buckets of both signs", () => {
    const quantileValues = [
      { quantile: 0.5, value: 1 },
      { quantile: 0.99, value: "NaN" },
    ];
    const summary = {
      name: "s",
      summary: { dataPoints: [{ ...at, count: "4", sum: 6, quantileValues }] },
    };
    expect(pointsOf(readJson(requestOf(summary))).map(([, ...rest]) => rest)).toEqual([
      ["s_count", undefined, TERMS.nowUs, 4],
      ["s_sum", undefined, TERMS.nowUs, 6],
      ["s", { quantile: "0.5" }, TERMS.nowUs, 1],
    ]);
    const dataPoint = {
      ...{ ...at, count: 7, scale: 0, zeroCount: 1 },
      ...{
        positive: { offset: 0, bucketCounts: ["3", "0", "1"] },
        negative: { offset: -1, bucketCounts: ["2"] },
      },
    };
    const exponential = { name: "e", exponentialHistogram: { dataPoints: [dataPoint] } };
    const buckets = pointsOf(readJson(requestOf(exponential))).map(([, , labels, , value]) => [
      labels?.["le"],
      value,
    ]);
    expect(buckets).toEqual([
      [undefined, 7],
      ["-1", 0],
      ["-0.5", 2],
      ["0", 3],
      ["1", 3],
      ["2", 6],
      ["4", 6],
      ["8", 7],
      ["+Inf", 7],
    ]);
  });

  it("O-7 reads exponential histograms and summaries from protobuf", () => {
    const exponential = [
      ...bitsField(3, NOW_NS),
      ...bitsField(4, 3n),
      ...sint64Field(6, 1),
      ...bytesField(8, [...sint64Field(1, 2), ...bytesField(2, [3])]),
    ];
    const quantile = bytesField(6, [...doubleField(1, 0.9), ...doubleField(2, 5)]);
    const summary = [
      ...bitsField(3, NOW_NS),
      ...bitsField(4, 1n),
      ...doubleField(5, 5),
      ...quantile,
    ];
    const metrics = [
      ...bytesField(2, [...textField(1, "e"), ...bytesField(10, bytesField(1, exponential))]),
      ...bytesField(2, [...textField(1, "s"), ...bytesField(11, bytesField(1, summary))]),
    ];
    const points = read(new Uint8Array(bytesField(1, bytesField(2, metrics))), "protobuf");
    expect(pointsOf(points).map(([, metric, labels, , value]) => [metric, labels, value])).toEqual([
      ["e_count", undefined, 3],
      ["e_bucket", { le: "2" }, 0],
      ["e_bucket", { le: String(2 ** 1.5) }, 3],
      ["e_bucket", { le: "+Inf" }, 3],
      ["s_count", undefined, 1],
      ["s_sum", undefined, 5],
      ["s", { quantile: "0.9" }, 5],
    ]);
  });

  it.each([
    ["without a value", gauge({ ...at })],
    ["is NaN", gauge({ ...at, asDouble: "NaN" })],
    ["beyond 1e+100", gauge({ ...at, asDouble: "Infinity" })],
    [
      "ahead of the server's clock",
      gauge({ timeUnixNano: String(NOW_NS + 3_600_000_000_000n), asInt: 1 }),
    ],
    ["a name that is empty", { ...gauge({ ...at, asInt: 1 }), name: "" }],
    ["label symbol that", gauge({ ...at, asInt: 1, attributes: [text("symbol", " ")] })],
    [
      "one bucket more than bounds",
      {
        name: "h",
        histogram: { dataPoints: [{ ...at, bucketCounts: ["1"], explicitBounds: [1, 2] }] },
      },
    ],
    [
      "do not go up",
      {
        name: "h",
        histogram: { dataPoints: [{ ...at, bucketCounts: [1, 1, 1], explicitBounds: [2, 1] }] },
      },
    ],
    [
      "le of its own",
      {
        name: "h",
        histogram: {
          dataPoints: [
            { ...at, bucketCounts: [1, 1], explicitBounds: [2], attributes: [text("le", "x")] },
          ],
        },
      },
    ],
    [
      "scale that is none",
      { name: "e", exponentialHistogram: { dataPoints: [{ ...at, scale: 21 }] } },
    ],
  ])("O-8 refuses that data point alone, and counts it: %s", (words, metric) => {
    const request = requestOf(metric);
    request.resourceMetrics.push(...requestOf(gauge({ ...at, asInt: 1 })).resourceMetrics);
    const points = readJson(request);
    expect(points.count).toBe(1);
    expect(points.refused.count).toBe(1);
    expect(points.refused.text("data points")).toContain(words);
  });

  it.each([
    ["not JSON", "{"],
    ["body must be an object", "[]"],
    ["resourceMetrics must be an array", '{"resourceMetrics":{}}'],
    ["flags must be a number", JSON.stringify(requestOf(gauge({ flags: "x" })))],
    ["timeUnixNano must be nanoseconds", JSON.stringify(requestOf(gauge({ timeUnixNano: "now" })))],
    ["nests deeper", `{"a":${"[".repeat(60)}${"]".repeat(60)}}`],
  ])("O-8 refuses a body that is none: %s", (words, body) => {
    const decoded = inOneTurn(decodeMetrics(new TextEncoder().encode(body), "json", TERMS));
    expect(decoded).toMatchObject({ kind: "unreadable", detail: expect.stringContaining(words) });
  });

  it("L-26 stops at the limit, in events and in what JSON holds", () => {
    const limits = { events: 3, chars: 0 };
    const kindOf = (body: object, encoding: OtlpEncoding = "json") =>
      inOneTurn(
        decodeMetrics(new TextEncoder().encode(JSON.stringify(body)), encoding, {
          ...TERMS,
          limits,
        }),
      ).kind;
    const points = (count: number) =>
      requestOf(gauge(...new Array(count).fill({ ...at, asInt: 1 })));
    expect([kindOf(points(3)), kindOf(points(4))]).toEqual(["points", "too_many"]);
    const empty = (count: number) => new Array(count).fill({});
    const resources = (count: number) => kindOf({ resourceMetrics: empty(count) });
    expect([resources(3), resources(4)]).toEqual(["points", "too_many"]);
    const scopes = (count: number) => kindOf({ resourceMetrics: [{ scopeMetrics: empty(count) }] });
    expect([scopes(2), scopes(3)]).toEqual(["points", "too_many"]);
    expect(kindOf({ unknown: new Array(300).fill(0) })).toBe("too_many");
    const wire = (times: number, group: number[]) => {
      const bytes = new Uint8Array(new Array(times).fill(group).flat());
      return inOneTurn(decodeMetrics(bytes, "protobuf", { ...TERMS, limits })).kind;
    };
    const resource = bytesField(1, []);
    const logKindOf = (body: object) =>
      inOneTurn(
        decodeLogs(new TextEncoder().encode(JSON.stringify(body)), "json", { ...TERMS, limits }),
      ).kind;
    expect(logKindOf({ resourceLogs: empty(4) })).toBe("too_many");
    expect(logKindOf({ resourceLogs: [{ scopeLogs: empty(3) }] })).toBe("too_many");
    expect(logKindOf({ resourceLogs: [{ scopeLogs: empty(2) }] })).not.toBe("too_many");
    expect([wire(3, resource), wire(4, resource)]).toEqual(["points", "too_many"]);
    const ofScopes = (count: number) =>
      bytesField(1, new Array(count).fill(bytesField(2, [])).flat());
    expect([wire(1, ofScopes(2)), wire(1, ofScopes(3))]).toEqual(["points", "too_many"]);
    const metrics = bytesField(1, bytesField(2, new Array(2).fill(bytesField(2, [])).flat()));
    expect(wire(1, metrics)).toBe("too_many");
    const deep = (depth: number): number[] =>
      depth === 0 ? textField(1, "x") : bytesField(5, bytesField(1, deep(depth - 1)));
    const nested = bytesField(7, [...textField(1, "k"), ...bytesField(2, deep(20))]);
    const metric = [...textField(1, "g"), ...bytesField(5, bytesField(1, nested))];
    const body = new Uint8Array(bytesField(1, bytesField(2, bytesField(2, metric))));
    expect(inOneTurn(decodeMetrics(body, "protobuf", TERMS))).toMatchObject({
      detail: expect.stringContaining("nests deeper"),
    });
  });

  it("reads many metrics, points and records of JSON in turns", () => {
    const many = <Part>(part: Part) => new Array<Part>(5_000).fill(part);
    const metric = { name: "m", gauge: { dataPoints: [] } };
    const record = { body: { stringValue: "x" } };
    const turnsOf = (body: object, read: typeof decodeMetrics | typeof decodeLogs) => {
      const steps = read(new TextEncoder().encode(JSON.stringify(body)), "json", TERMS);
      let turns = 1;
      for (; steps.next().done !== true; ) turns += 1;
      return turns;
    };
    const points = requestOf(gauge(...many({ ...at, asInt: 1 })));
    expect(turnsOf(points, decodeMetrics)).toBe(6);
    const metrics = { resourceMetrics: [{ scopeMetrics: [{ metrics: many(metric) }] }] };
    expect(turnsOf(metrics, decodeMetrics)).toBe(6);
    expect(turnsOf({ resourceMetrics: many({ scopeMetrics: [] }) }, decodeMetrics)).toBe(5);
    expect(turnsOf({ resourceMetrics: [{ scopeMetrics: many({}) }] }, decodeMetrics)).toBe(6);
    const records = { resourceLogs: [{ scopeLogs: [{ logRecords: many(record) }] }] };
    expect(turnsOf(records, decodeLogs)).toBe(11);
    expect(turnsOf({ resourceLogs: many({ scopeLogs: [] }) }, decodeLogs)).toBe(10);
    expect(turnsOf({ resourceLogs: [{ scopeLogs: many({}) }] }, decodeLogs)).toBe(11);
    const long = { resourceMetrics: [], pad: "x".repeat(STEP_BYTES) };
    expect(turnsOf(long, decodeMetrics)).toBe(6);
  });

  it("survives every mutation of what an SDK sends", () => {
    for (const encoding of ["protobuf", "json"] as const) {
      fc.assert(
        fc.property(mutationsOf(CAPTURES[encoding]), (bytes) => {
          inOneTurn(decodeMetrics(bytes, encoding, CAPTURE_TERMS));
        }),
        { numRuns: 500 },
      );
    }
  });
});

describe("OTLP answers", () => {
  it("O-8 are written as the request was, and empty where all was taken", () => {
    expect(exportAnswer("json", "rejectedDataPoints", 0, "")).toBe("{}");
    expect(exportAnswer("protobuf", "rejectedDataPoints", 0, "")).toEqual(new Uint8Array());
    expect(JSON.parse(exportAnswer("json", "rejectedDataPoints", 2, "why") as string)).toEqual({
      partialSuccess: { rejectedDataPoints: "2", errorMessage: "why" },
    });
    const reader = new ProtobufReader(
      exportAnswer("protobuf", "rejectedDataPoints", 300, "wörds") as Uint8Array,
    );
    reader.next();
    reader.enter();
    reader.next();
    expect([reader.field, reader.int64()]).toEqual([1, 300]);
    reader.next();
    expect([reader.field, reader.word().text]).toEqual([2, "wörds"]);
    expect(JSON.parse(statusAnswer("json", 503, "later") as string)).toEqual({
      code: 14,
      message: "later",
    });
  });
});
