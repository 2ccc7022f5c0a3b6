import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inOneTurn } from "../../../src/formats/in-steps.ts";
import type { PointTerms } from "../../../src/formats/points/decoded-points.ts";
import { decodeWrite, type WriteVersion } from "../../../src/formats/prometheus/remote-write.ts";
import { KnownSeries } from "../../../src/formats/wire/known-series.ts";
import { bytesField, textField } from "../../../src/formats/wire/protobuf-writer.ts";
import { unpackSnappy } from "../../../src/formats/wire/snappy.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import {
  bitsField,
  int64Field,
  type WrittenSeries,
  writeRequest1,
  writeRequest2,
} from "../../wire/messages.ts";
import { mutationsOf } from "../../wire/mutations.ts";
import { pointsOf, TERMS } from "../../wire/point-terms.ts";

const NOW_MS = TERMS.nowUs / 1_000;
const CAPTURE = inOneTurn(
  unpackSnappy(
    readFileSync(new URL("../../fixtures/wire/prometheus-2.42.snappy", import.meta.url)),
  ),
) as Uint8Array;

const VERSIONS: [WriteVersion, (series: WrittenSeries[]) => Uint8Array][] = [
  ["1.0", writeRequest1],
  ["2.0", writeRequest2],
];

function decode(bytes: Uint8Array, version: WriteVersion, terms: PointTerms = TERMS) {
  const decoded = inOneTurn(decodeWrite(bytes, version, terms));
  if (decoded.kind !== "points") throw new Error(JSON.stringify(decoded));
  return decoded;
}

const up = (labels: Record<string, string> = {}) => ({ __name__: "up", ...labels });
const now = (value: number) => [{ value, timeMs: NOW_MS }];

describe.each(VERSIONS)("remote write %s", (version, encode) => {
  const read = (series: WrittenSeries[], terms?: PointTerms) =>
    decode(encode(series), version, terms);

  it("O-1, O-2 makes points of samples: the name, the room, the labels and microseconds", () => {
    const { points, samples } = read([
      { labels: up({ job: "desk", symbol: "ACME" }), samples: now(1) },
      { labels: up(), samples: [{ value: 0.1, timeMs: NOW_MS - 60_000 }, ...now(-2.5e9)] },
    ]);
    expect(pointsOf(points)).toEqual([
      ["ACME", "up", { job: "desk" }, TERMS.nowUs, 1],
      ["_system", "up", undefined, TERMS.nowUs - 60_000_000, 0.1],
      ["_system", "up", undefined, TERMS.nowUs, -2.5e9],
    ]);
    expect([samples, points.refused.count]).toEqual([3, 0]);
  });

  it("O-1 another label may name the room, and a label without a value is none", () => {
    const labels = up({ symbol: "kept", ticker: "BRK.B", empty: "" });
    const { points } = read([{ labels, samples: now(1) }], {
      ...TERMS,
      known: new KnownSeries(),
      symbolLabel: "ticker",
    });
    expect(pointsOf(points)).toEqual([["BRK.B", "up", { symbol: "kept" }, TERMS.nowUs, 1]]);
  });

  it("O-3 stores nothing of what has no value: a stale marker, or NaN of a summary without observations", () => {
    const { points, samples } = read([{ labels: up(), samples: [...now(Number.NaN), ...now(1)] }]);
    expect([points.count, samples, points.refused.count]).toEqual([1, 2, 0]);
  });

  it.each<[string, WrittenSeries]>([
    ["no name", { labels: { job: "x" }, samples: now(1) }],
    ["beyond 1e+100", { labels: up(), samples: now(Number.POSITIVE_INFINITY) }],
    ["beyond 1e+100", { labels: up(), samples: now(-1e101) }],
    ["10 minutes ahead", { labels: up(), samples: [{ value: 1, timeMs: NOW_MS + 700_000 }] }],
    ["before the year 1880", { labels: up(), samples: [{ value: 1, timeMs: -9e12 }] }],
    ["looks like a missing time", { labels: up(), samples: [{ value: 1, timeMs: 0 }] }],
    ["label symbol that must not hold", { labels: up({ symbol: "A|B" }), samples: now(1) }],
    ["which the token is not for", { labels: up({ symbol: "OTHER" }), samples: now(1) }],
    [
      "name twice",
      {
        labels: [
          ["__name__", "a"],
          ["__name__", "b"],
        ],
        samples: now(1),
      },
    ],
    [
      "label twice",
      {
        labels: [
          ["__name__", "a"],
          ["b", "1"],
          ["b", "2"],
        ],
        samples: now(1),
      },
    ],
    ["more than 32 labels", { labels: many(33), samples: now(1) }],
    ["more than 32 labels", { labels: many(90), samples: now(1) }],
    ["longer than 200", { labels: up({ long: "x".repeat(201) }), samples: now(1) }],
    [
      "name is __proto__",
      {
        labels: [
          ["__name__", "up"],
          ["__proto__", "x"],
        ],
        samples: now(1),
      },
    ],
    ["2500 bytes", { labels: many(32, "x".repeat(90)), samples: now(1) }],
    ["schema 9", { labels: up(), histograms: [{ timeMs: NOW_MS, schema: 9 }] }],
    ["do not fit its spans", { labels: up(), histograms: [broken()] }],
    ["a sum that is NaN", { labels: up(), histograms: [{ timeMs: NOW_MS, sum: Number.NaN }] }],
  ])("O-4 refuses the series or the sample alone: %s", (words, bad) => {
    const mayWrite = (symbol: string) => symbol !== "OTHER";
    const series = [
      { labels: up({ at: "first" }), samples: now(1) },
      bad,
      { labels: up(), samples: now(2) },
    ];
    const { points, samples, histograms } = read(series, { ...TERMS, mayWrite });
    expect(pointsOf(points).map(([, , , , value]) => value)).toEqual([1, 2]);
    expect([samples, histograms, points.refused.count]).toEqual([2, 0, 1]);
    expect(points.refused.text("samples")).toContain(words);
    expect(points.refused.text("samples")).toMatch(
      /^1 samples were not taken, the others were: [^\n]+$/,
    );
  });

  it("O-5 makes a classic histogram of a native one, with the bounds of its buckets", () => {
    // 2 below -0.5, 1 around 0, 3 in (1, 2], none in (2, 4], 4 in (4, 8].
    const histogram = {
      ...{ timeMs: NOW_MS, count: 10, sum: 21.5, schema: 0, zeroThreshold: 0.25, zeroCount: 1 },
      negative: { spans: [[0, 1]], deltas: [2] },
      positive: {
        spans: [
          [1, 1],
          [1, 1],
        ],
        deltas: [3, 1],
      },
    } as const;
    const { points, histograms } = read([
      {
        labels: { __name__: "rtt", symbol: "ACME" },
        histograms: [structuredClone(histogram) as never],
      },
    ]);
    const found = pointsOf(points).map(([, metric, labels, , value]) => [
      metric,
      labels?.["le"],
      value,
    ]);
    expect(found).toEqual([
      ["rtt_count", undefined, 10],
      ["rtt_sum", undefined, 21.5],
      ["rtt_bucket", "-1", 0],
      ["rtt_bucket", "-0.5", 2],
      ["rtt_bucket", "-0.25", 2],
      ["rtt_bucket", "0.25", 3],
      ["rtt_bucket", "1", 3],
      ["rtt_bucket", "2", 6],
      ["rtt_bucket", "4", 6],
      ["rtt_bucket", "8", 10],
      ["rtt_bucket", "+Inf", 10],
    ]);
    expect(histograms).toBe(1);
  });

  it("O-5 takes bounds that are said one by one, and those of fine schemas", () => {
    const custom = {
      ...{ timeMs: NOW_MS, count: 6, sum: 3, schema: -53, custom: [0.5, 1, 5] },
      positive: {
        spans: [
          [1, 1],
          [1, 1],
        ],
        deltas: [4, -2],
      } as never,
    };
    const fine = {
      ...{ timeMs: NOW_MS, count: 1, sum: 3, schema: 8 },
      positive: { spans: [[256, 1]], deltas: [1] } as never,
    };
    const { points } = read([
      { labels: { __name__: "c" }, histograms: [custom] },
      { labels: { __name__: "f" }, histograms: [fine] },
    ]);
    const found = pointsOf(points).map(([, metric, labels, , value]) => [
      metric,
      labels?.["le"],
      value,
    ]);
    expect(found).toEqual([
      ["c_count", undefined, 6],
      ["c_sum", undefined, 3],
      ["c_bucket", "0.5", 0],
      ["c_bucket", "1", 4],
      ["c_bucket", "5", 4],
      ["c_bucket", "+Inf", 6],
      ["f_count", undefined, 1],
      ["f_sum", undefined, 3],
      ["f_bucket", String(2 ** (255 / 256)), 0],
      ["f_bucket", "2", 1],
      ["f_bucket", "+Inf", 1],
    ]);
  });

  it("O-2 counts exemplars as samples nowhere, and takes more events than may be as none", () => {
    const series = { labels: up(), samples: now(1), exemplars: 3 };
    expect(read([series]).samples).toBe(1);
    const limits = { events: 2, chars: 0 };
    const of = (count: number, value: number) =>
      inOneTurn(
        decodeWrite(
          encode([{ labels: up(), samples: new Array(count).fill(now(value)).flat() }]),
          version,
          {
            ...TERMS,
            limits,
          },
        ),
      ).kind;
    expect([of(2, 1), of(3, 1), of(3, Number.NaN)]).toEqual(["points", "too_many", "too_many"]);
    const long = { ...TERMS, limits: { events: 0, chars: 5_000 } };
    const wide = { labels: many(32, "x".repeat(50)), samples: new Array(5).fill(now(1)).flat() };
    expect(inOneTurn(decodeWrite(encode([wide]), version, long)).kind).toBe("too_many");
  });

  it("reads a long series in turns, and each sample and histogram of it", () => {
    const samples = Array.from({ length: 30_000 }, (_, at) => ({ value: at, timeMs: NOW_MS }));
    const histograms = Array.from({ length: 200 }, () => ({
      ...{ timeMs: NOW_MS, count: 1 },
      positive: { spans: [[0, 2]] as [number, number][], deltas: [1, -1] },
    }));
    const body = encode([{ labels: up({ job: "long" }), samples, histograms }]);
    for (const known of [new KnownSeries(), TERMS.known]) {
      const terms = { ...TERMS, known, limits: { events: 0, chars: 0 } };
      const steps = decodeWrite(body, version, terms);
      let turns = 1;
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) turns += 1;
      expect(step.value).toMatchObject({ samples: 30_000, histograms: 200 });
      expect(turns).toBeGreaterThan(5);
    }
  });

  it("L-26 refuses a message of more fields than any has", () => {
    const sample = bytesField(2, new Array(300_000).fill([0x18, 1]).flat());
    const body = new Uint8Array(bytesField(version === "1.0" ? 1 : 5, sample));
    expect(inOneTurn(decodeWrite(body, version, TERMS))).toMatchObject({
      detail: expect.stringContaining("more fields than any that is known"),
    });
  });

  it("survives every mutation of a request", () => {
    const request = encode([
      { labels: up({ symbol: "ACME", ö: "ä" }), samples: [...now(1), ...now(2)], exemplars: 1 },
      {
        labels: up(),
        histograms: [{ timeMs: NOW_MS, count: 1, positive: { spans: [[0, 2]], deltas: [1, -1] } }],
      },
    ]);
    fc.assert(
      fc.property(mutationsOf(request), (bytes) => {
        inOneTurn(decodeWrite(bytes, version, TERMS));
      }),
      { numRuns: 800 },
    );
  });
});

describe("remote write of a series that is known", () => {
  const sample = bytesField(2, [...bitsField(1, 0n), ...int64Field(2, NOW_MS)]);

  it.each<[string, WriteVersion, number[], number[]]>([
    [
      "labels of 1.0",
      "1.0",
      bytesField(1, [...textField(1, "__name__"), ...textField(2, "up")]),
      bytesField(1, [...textField(1, "__name__"), ...textField(2, "down")]),
    ],
    ["references of 2.0", "2.0", bytesField(1, [0, 1]), bytesField(1, [0, 2])],
  ])("O-4 refuses it with a second name behind its samples, in %s", (_, version, name, second) => {
    const known = new KnownSeries();
    const texts = ["__name__", "up", "down"].flatMap((text) => textField(4, text));
    const read = (...parts: number[][]) => {
      const series = bytesField(version === "1.0" ? 1 : 5, parts.flat());
      const body = new Uint8Array(version === "1.0" ? series : [...texts, ...series]);
      return decode(body, version, { ...TERMS, known }).points;
    };
    const good = [["_system", "up", undefined, TERMS.nowUs, 0]];
    expect(pointsOf(read(name, sample))).toEqual(good);
    for (const parts of [
      [name, sample, second],
      [name, second, sample],
      [name, sample, second, sample],
    ]) {
      const { count, refused } = read(...parts);
      expect([count, refused.count]).toEqual([0, parts.filter((part) => part === sample).length]);
      expect(refused.text("samples")).toContain("name twice");
    }
    expect(pointsOf(read(name, sample))).toEqual(good);
  });
});

describe("remote write", () => {
  it("O-3 knows the mark by which a native histogram ends", () => {
    const histogram = bytesField(4, [
      ...bitsField(3, 0x7ff0000000000002n),
      ...int64Field(15, NOW_MS),
    ]);
    const label = bytesField(1, [...textField(1, "__name__"), ...textField(2, "h")]);
    const { points, histograms } = decode(
      new Uint8Array(bytesField(1, [...label, ...histogram])),
      "1.0",
    );
    expect([points.count, histograms, points.refused.count]).toEqual([0, 1, 0]);
  });

  it("O-2 takes the texts of 2.0 wherever they stand, and refuses references to none", () => {
    const series = [{ labels: up({ symbol: "ACME" }), samples: now(1) }];
    expect(pointsOf(decode(writeRequest2(series, true), "2.0").points)).toEqual(
      pointsOf(decode(writeRequest2(series), "2.0").points),
    );
    const sample = bytesField(2, [...bitsField(1, 0n), ...int64Field(2, NOW_MS)]);
    const refused = (refs: number[]) =>
      decode(new Uint8Array(bytesField(5, [...bytesField(1, refs), ...sample])), "2.0").points
        .refused;
    expect(refused([1, 2]).text("samples")).toContain("refers to a symbol that is not in symbols");
    expect(refused([1]).text("samples")).toContain("a label without a value");
  });

  it("takes what a Prometheus sends, all of it", () => {
    const { points, samples } = decode(CAPTURE, "1.0", CAPTURE_TERMS);
    expect([samples, points.count, points.refused.count]).toEqual([394, 368, 0]);
    const found = pointsOf(points).find(([, metric]) => metric === "up");
    const labels = { instance: "127.0.0.1:21501", job: "self" };
    expect(found).toEqual(["ACME", "up", labels, 1_795_727_262_032_000, 1]);
  });

  it("reads the other version's message as an empty one, as the specification has it", () => {
    expect(decode(CAPTURE, "2.0", CAPTURE_TERMS).points.count).toBe(0);
    expect(decode(writeRequest2([{ labels: up(), samples: now(1) }]), "1.0").points.count).toBe(0);
  });

  it("survives every mutation of what a Prometheus sends", () => {
    fc.assert(
      fc.property(mutationsOf(CAPTURE), (bytes) => {
        inOneTurn(decodeWrite(bytes, "1.0", CAPTURE_TERMS));
      }),
      { numRuns: 40 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        inOneTurn(decodeWrite(bytes, "1.0", TERMS));
        inOneTurn(decodeWrite(bytes, "2.0", TERMS));
      }),
      { numRuns: 800 },
    );
  });

  const MOST_BYTES = 8 * 1024 * 1024;
  it.each<[string, WriteVersion, () => number[]]>([
    ["series without anything", "1.0", () => [0x0a, 0]],
    ["series of 2.0 without anything", "2.0", () => [0x2a, 0]],
    ["texts that nobody refers to", "2.0", () => [0x22, 0]],
    ["histograms without a time", "1.0", () => bytesField(1, new Array(9).fill([0x22, 0]).flat())],
    ["samples without a value", "1.0", () => bytesField(1, new Array(9).fill([0x12, 0]).flat())],
    ["labels without a name", "1.0", () => bytesField(1, new Array(900).fill([0x0a, 0]).flat())],
    ["what nobody knows", "1.0", () => [0x78, 0]],
  ])("L-26 is soon done with 8 MiB of %s", (_, version, part) => {
    const bytes = repeated(part(), MOST_BYTES);
    const before = process.threadCpuUsage();
    const { kind } = inOneTurn(decodeWrite(bytes, version, TERMS));
    const { user } = process.threadCpuUsage(before);
    expect(["too_many", "points"]).toContain(kind);
    // Of the processor and not of the clock; a hundred on a quiet machine.
    expect(user / 1_000).toBeLessThan(2_000);
  });
});

const CAPTURE_TERMS: PointTerms = { ...TERMS, nowUs: 1_795_727_400_000_000 as EpochUs };

function repeated(part: number[], most: number): Uint8Array {
  const bytes = new Uint8Array(most - (most % part.length));
  bytes.set(part);
  for (let full = part.length; full < bytes.length; full *= 2) bytes.copyWithin(full, 0, full);
  return bytes;
}

function many(count: number, value = "v"): Record<string, string> {
  return up(Object.fromEntries(Array.from({ length: count }, (_, at) => [`l${100 + at}`, value])));
}

function broken() {
  return {
    timeMs: NOW_MS,
    count: 1,
    positive: { spans: [[0, 4_000_000_000]], deltas: [1] },
  } as never;
}
