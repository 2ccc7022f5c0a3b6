import { Point } from "@influxdata/influxdb-client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Series } from "../../../../src/core/events/series.ts";
import { LineDecoder } from "../../../../src/formats/influx/decode-lines.ts";
import { KnownHeads } from "../../../../src/formats/influx/known-heads.ts";
import { precisionOf } from "../../../../src/formats/influx/precision.ts";
import { MOST_LINE_CHARS } from "../../../../src/formats/influx/read-line.ts";
import { metricPushSchema } from "../../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import { foundIn } from "../../../wire/point-terms.ts";

/** Tests share it, so that each finds what others left there. */
const known = new KnownHeads();

const NOW_US = 1_795_422_741_819_000 as EpochUs;
const TS_NS = "1795422700000000000";
const TS_US = 1_795_422_700_000_000;

function decode(text: string, { precision = "ns", limits = { events: 0, chars: 0 } } = {}) {
  const unit = precisionOf(precision);
  if (unit === null) throw new Error(`no precision ${precision}`);
  const decoder = new LineDecoder(text, unit, { nowUs: NOW_US, limits, known });
  let state = decoder.decodeSome(1_000);
  while (state === "more") state = decoder.decodeSome(1_000);
  return { decoder, state };
}

/** What a body gives, each event as `SYMBOL name{labels} value @ts`; a bare ts is that of the server. */
function eventsOf(text: string, precision?: string): string[] {
  const { decoder } = decode(text, precision === undefined ? {} : { precision });
  return foundIn(decoder.points).map(([symbol, metric, labels, ts, value]) => {
    const at = ts === NOW_US ? "now" : String(ts);
    return `${symbol} ${metric}${JSON.stringify(labels ?? {})} ${value} @${at}`;
  });
}

function faultsOf(text: string): string[] {
  return decode(text).decoder.faults.map(({ line, message }) => `${line}: ${message}`);
}

describe("LP-1 a line", () => {
  it.each([
    ["cpu value=1", "_system cpu{} 1 @now"],
    [`cpu,host=a usage=1.5 ${TS_NS}`, `_system cpu_usage{"host":"a"} 1.5 @${TS_US}`],
    ["fill,symbol=BTC-USD,venue=x latency=2i", 'BTC-USD fill_latency{"venue":"x"} 2 @now'],
    ["m a=-1.5e3", "_system m_a{} -1500 @now"],
    ["m a=.5", "_system m_a{} 0.5 @now"],
    ["m a=18446744073709551615u", "_system m_a{} 18446744073709552000 @now"],
    ["m a=-9223372036854775808i", "_system m_a{} -9223372036854776000 @now"],
    ["m a=T", "_system m_a{} 1 @now"],
    ["m a=false", "_system m_a{} 0 @now"],
    [String.raw`my\ m\,x,ta\=g=v\ a\,l fie\ ld=1`, '_system my m,x_fie ld{"ta=g":"v a,l"} 1 @now'],
    [String.raw`m,dir=C:\new a=1`, String.raw`_system m_a{"dir":"C:\\new"} 1 @now`],
    [String.raw`m,dir=C:\\x a=1`, String.raw`_system m_a{"dir":"C:\\\\x"} 1 @now`],
    ["m=x a=1", "_system m=x_a{} 1 @now"],
    ['"m",t="q" a=1', '_system "m"_a{"t":"\\"q\\""} 1 @now'],
    ["  m a=1   \r\n", "_system m_a{} 1 @now"],
    [`m a=1 ${TS_NS}\r\n`, `_system m_a{} 1 @${TS_US}`],
    ["\uFEFFm a=1", "_system m_a{} 1 @now"],
    ["m,é=ü a=1", '_system m_a{"é":"ü"} 1 @now'],
  ])("%j", (line, event) => {
    expect(eventsOf(line)).toEqual([event]);
  });

  it("gives an event a field, all with its labels and its time", () => {
    expect(eventsOf(`m,t=x value=1,b=2i,c="text",d=t ${TS_NS}`)).toEqual([
      `_system m{"t":"x"} 1 @${TS_US}`,
      `_system m_b{"t":"x"} 2 @${TS_US}`,
      `_system m_d{"t":"x"} 1 @${TS_US}`,
    ]);
  });

  it.each([
    ["ns", "1795422700000000999"],
    ["n", "1795422700000000000"],
    ["us", "1795422700000000"],
    ["u", "1795422700000000"],
    ["ms", "1795422700000"],
    ["s", "1795422700"],
  ])("has its time in %s", (precision, time) => {
    expect(eventsOf(`m a=1 ${time}`, precision)).toEqual([`_system m_a{} 1 @${TS_US}`]);
  });

  it("has its time in minutes and hours of the first version", () => {
    expect(eventsOf("m a=1 29923711", "m")).toEqual(["_system m_a{} 1 @1795422660000000"]);
    expect(eventsOf("m a=1 498728", "h")).toEqual(["_system m_a{} 1 @1795420800000000"]);
  });

  it("may be blank or a comment", () => {
    const { decoder } = decode('\n# m a="\n\n  \r\nm a=1\n#\n');
    expect([decoder.lines, decoder.refused, decoder.count]).toEqual([1, 0, 1]);
  });
});

describe("LP-2 what is wrong", () => {
  it.each([
    ["m", "the fields are missing: write measurement,tag=text field=1.5"],
    [",t=x a=1", "the measurement is missing"],
    ["m,t a=1", "a tag has no value: write key=value"],
    ["m,t= a=1", "a tag has an empty key or an empty value: leave it out"],
    ["m,t=x=y a=1", "the tag t has an = in its value: write it as \\="],
    ["m,t=x,t=y a=1", "a tag is there twice"],
    ["m,symbol=A,symbol=B a=1", "a tag is there twice"],
    ["m,__proto__=x a=1", 'the tags must not hold one named "__proto__"'],
    ["m,symbol=* a=1", "the tag symbol must not be * alone, which means something else"],
    ["m a", "a field has no value: write key=value"],
    ["m =1", "a field has an empty key"],
    ["m a=1,", "a field has no value: write key=value"],
    ["m a=abc", "the field a is no number, boolean or quoted text"],
    ["m a=NaN", "the field a is no number, boolean or quoted text"],
    ["m a=1e101", "the field a is beyond 1e100"],
    ["m a=-1u", "the field a is unsigned and negative"],
    ["m a=9223372036854775808i", "the field a does not fit into 64 bits"],
    ['m a="x', "the quotes of the field a are not closed"],
    ['m a="x"y', "something follows the quotes of a field"],
    ["m a=1 now", "the time is no integer"],
    [
      "m a=1 0",
      "the time is 0, which looks like a missing time: leave it out for now, and write 1970-01-01T00:00:00Z where it is meant",
    ],
    ["m a=1 1895422700000000000", "the time is more than 10 minutes ahead of the server's clock"],
    [`m a=1 ${TS_NS} b=2`, "something follows the time"],
    [`${"m".repeat(199)} ab=1`, "measurement and field together must be at most 200 characters"],
    [`m,t=${"x".repeat(201)} a=1`, "the tags (t) must be at most 200 characters"],
  ])("%j", (line, fault) => {
    expect(faultsOf(`m good=1\n${line}\nm good=2\n`)).toEqual([`2: ${fault}`]);
    expect(eventsOf(`m good=1\n${line}\nm good=2\n`)).toHaveLength(2);
  });

  it("takes no field of a line of which one is wrong", () => {
    expect(eventsOf("m a=1,b=x\nm c=2")).toEqual(["_system m_c{} 2 @now"]);
  });

  it("is named by its line, whatever quotes hold", () => {
    expect(faultsOf('m a="1\n2\n3",b=1\nm b=x\n\n# c\nm b=\n')).toEqual([
      "4: the field b is no number, boolean or quoted text",
      "7: the field b is no number, boolean or quoted text",
    ]);
  });

  it("makes no line of what stands in quotes", () => {
    expect(eventsOf('m a=x,log="first\nm b=1\nlast"\nm c=2')).toEqual(["_system m_c{} 2 @now"]);
    expect(eventsOf('m log="first\nm b=1\nlast" x\nm c=2')).toEqual(["_system m_c{} 2 @now"]);
  });

  it("costs the lines after quotes that are never closed nothing", () => {
    expect(eventsOf('m log="first\nm b=1\n')).toEqual(["_system m_b{} 1 @now"]);
  });

  it("is named twenty times at most and counted beyond", () => {
    const { decoder } = decode("m a=x\n".repeat(50));
    expect([decoder.faults.length, decoder.refused, decoder.lines]).toEqual([20, 50, 50]);
  });

  it("is a line of more fields or tags than may be, which are not gathered", () => {
    const limits = { events: 10, chars: 0 };
    const fields = Array.from({ length: 11 }, (_, at) => `f${at}=1`).join();
    const { decoder } = decode(`m ${fields}\nm a=1`, { limits });
    expect([decoder.count, decoder.faults]).toEqual([
      1,
      [{ line: 1, message: "a line may have 10 fields (LIMIT_EVENTS): write several" }],
    ]);
    const tags = (count: number) => Array.from({ length: count }, (_, at) => `,t${at}=x`).join("");
    for (const count of [33, 34, 100_000]) {
      expect(faultsOf(`m${tags(count)} a=1`)).toEqual([
        expect.stringMatching(/^1: the tags must hold at most 32 labels$/),
      ]);
    }
    expect(eventsOf(`m,symbol=A${tags(32)} a=1`)).toHaveLength(1);
  });

  it("is a body of more events, lines or text than a request may have", () => {
    const limits = { events: 10, chars: 0 };
    expect(decode("m a=1,b=2\n".repeat(5), { limits }).state).toBe("done");
    expect(decode("m a=1,b=2\n".repeat(6), { limits }).state).toBe("too_many");
    expect(decode("m a=x\n".repeat(11), { limits }).state).toBe("too_many");
    const long = `m,t=${"x".repeat(190)} ${Array.from({ length: 100 }, (_, at) => `f${at}=1`).join()}`;
    expect(decode(long, { limits: { events: 0, chars: 10_000 } }).state).toBe("too_many");
  });
});

describe("LP-3 fields of text", () => {
  it("are counted and left out, and what else the line has is taken", () => {
    const { decoder } = decode(`m a="x \\"y\\" \\\\",b=1\nm c=""`);
    expect([decoder.leftOutTexts, decoder.count, decoder.refused]).toEqual([2, 1, 0]);
  });
});

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
// What InfluxDB itself cannot have: https://github.com/influxdata/influxdb-client-js/blob/master/packages/core/src/util/escape.ts
const name = text.filter(
  (one) =>
    !/[\n\r\t\\]/.test(one) &&
    !one.startsWith("#") &&
    one.trim() === one &&
    one !== "symbol" &&
    one !== "__proto__",
);
const number = fc.double({ min: -1e100, max: 1e100, noNaN: true });

describe("LP-1 what InfluxData's client writes", () => {
  it("comes back value for value", () => {
    const written = fc.record({
      measurement: name,
      tags: fc.dictionary(name, name, { maxKeys: 5 }),
      fields: fc.dictionary(name, number, { minKeys: 1, maxKeys: 5 }),
    });
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 5 }), (points) => {
        const lines = points.map(({ measurement, tags, fields }) => {
          const point = new Point(measurement).timestamp(TS_NS);
          for (const [key, value] of Object.entries(tags)) point.tag(key, value);
          for (const [key, value] of Object.entries(fields)) point.floatField(key, value);
          return point.stringField("note", 'a "quoted"\nnote\\').toLineProtocol();
        });
        const { decoder } = decode(lines.join("\n"));
        expect(decoder.faults).toEqual([]);
        const expected = points.flatMap(({ measurement, tags, fields }) =>
          Object.entries(fields)
            .sort(([one], [other]) => (one < other ? -1 : 1))
            .filter(([key]) => key !== "note")
            .map(([key, value]) => ({
              metric: key === "value" ? measurement : `${measurement}_${key}`,
              value: value === 0 ? 0 : value,
              labels: Object.keys(tags).length === 0 ? undefined : { ...tags },
            })),
        );
        const given = foundIn(decoder.points).map(([, metric, labels, , value]) => {
          return { metric, value: value === 0 ? 0 : value, labels: labels && { ...labels } };
        });
        const bySeries = (one: object, other: object) =>
          JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
        expect(given.sort(bySeries)).toEqual(expected.sort(bySeries));
      }),
    );
  });
});

describe("LP-2 whatever comes", () => {
  const piece = fc.oneof(
    fc.constantFrom(...'mta=," \n\\#1iu\r\t', "symbol=", "value=", "true", "\u0000", "\ud800"),
    fc.constantFrom("__proto__=x", "m,t=x a=1", ` ${TS_NS}\n`, "x".repeat(250), "9".repeat(30)),
    fc.string({ maxLength: 5 }),
  );

  it("is events that the schema of a push takes, or a fault with its line", () => {
    let events = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const body = pieces.join("");
        const { decoder, state } = decode(body);
        expect(state).toBe("done");
        expect(decoder.refused).toBeLessThanOrEqual(decoder.lines);
        for (const { line } of decoder.faults) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(body.split("\n").length);
        }
        for (const [symbol, metric, labels, ts, value] of foundIn(decoder.points)) {
          events += 1;
          const push = { symbol, metric, labels, ts, value };
          expect(metricPushSchema.safeParse(push).error).toBeUndefined();
        }
      }),
      { numRuns: 1_000 },
    );
    // Some 110 as a rule.
    expect(events).toBeGreaterThan(20);
  });

  it("refuses by length what the schema refuses, and nothing else", () => {
    const character = fc.constantFrom("x", "\u0001", "é", '"', "€");
    const tag = fc.tuple(character, fc.integer({ min: 1, max: 200 }));
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 34 }), character, (tags, letter) => {
        const labels = Object.fromEntries(
          tags.map(([one, length], at) => [`t${at}`, one.repeat(length)]),
        );
        const written = Object.entries(labels).map(([key, value]) => `,${key}=${value}`);
        const metric = letter.repeat(50);
        const { decoder } = decode(`${metric}${written.join("")} value=1`);
        const isTaken = metricPushSchema.safeParse({ metric, value: 1, labels }).success;
        expect([decoder.count, decoder.refused]).toEqual(isTaken ? [1, 0] : [0, 1]);
      }),
    );
  });

  it.each([
    ["quotes opened by every line", 'm a="'],
    ["escaped quotes", 'm a="\\"\n'],
    ["lines that are wrong", "m\n"],
    ["backslashes", "\\"],
    ["quotes", '"'],
    ["commas", ","],
    ["fields", "a=1,"],
    ["quotes that are wrong", 'm a="" b="",'],
  ])("takes time that grows with its length: %s", (_, unit) => {
    const body = unit.repeat(Math.ceil(2_000_000 / unit.length));
    // Some 50 ms on a quiet machine. What is quadratic takes minutes, and a test may not.
    const { decoder } = decode(`${body}\nm a="x`);
    expect(decoder.refused).toBeGreaterThan(0);
  });
});

describe("LP-6 a line that a room has no place for", () => {
  it("is left out whole, and named in its place among the other faults", () => {
    const lines = ["m a=1,b=2", "bad", 'm a=3,text="said"', "m c=4,a=5", "m a=6"];
    const { decoder } = decode(lines.join("\n"));
    const isOut = (name: string) => (series: Series) => series.metric === name;
    expect(decoder.leaveOut(isOut("m_b"), "has no place")).toEqual({ single: 1, grouped: 0 });
    expect(decoder.leaveOut(isOut("m_c"), "has no place")).toEqual({ single: 1, grouped: 0 });
    expect(foundIn(decoder.points).map(([, , , , value]) => value)).toEqual([3, 6]);
    expect(decoder.faults.map(({ line }) => line)).toEqual([1, 2, 4]);
    expect(decoder.faults[2]?.message).toBe("m_c has no place");
    expect([decoder.refused, decoder.leftOutTexts]).toEqual([3, 1]);
    decoder.leaveOut(isOut("m_a"), "has no place");
    expect([decoder.refused, decoder.leftOutTexts, decoder.count]).toEqual([5, 0, 0]);
  });
});

describe("LP-5 a line of more than 512 KiB", () => {
  const long = "x".repeat(MOST_LINE_CHARS);

  it.each([
    ["a field of text", `m v="${long}"`],
    ["what looks like lines within quotes", `m v="${"m z=1\n".repeat(200_000)}"`],
    ["quotes that hold escaped ones", `m v="${'\\"\n'.repeat(300_000)}"`],
    ["many fields", `m ${"v=1,".repeat(200_000)}v=1`],
    ["a measurement", `${long} v=1`],
    ["a tag", `m,t=${long} v=1`],
    ["quotes behind a wrong field", `m v,w="${"m z=1\n".repeat(200_000)}"`],
  ])("is a fault, and the lines behind it are read: %s", (_, line) => {
    const { decoder, state } = decode(`m a=1\n${line}\nm b=2\n\n#${long}\nm c=3`);
    expect(state).toBe("done");
    expect(foundIn(decoder.points).map(([, metric]) => metric)).toEqual(["m_a", "m_b", "m_c"]);
    expect(decoder.faults).toHaveLength(1);
    expect(decoder.faults[0]?.line).toBe(2);
  });

  it("ends with its line where its quotes are never closed", () => {
    const lines = `m v="${long}\nm b=2`;
    expect(eventsOf(`${lines}\n`)).toEqual(["_system m_b{} 2 @now"]);
    expect(faultsOf(lines)[0]).toContain("longer than 524288 characters");
  });
});
