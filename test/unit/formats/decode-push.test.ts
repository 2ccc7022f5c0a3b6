import { describe, expect, it } from "vitest";
import type { AddressedEvent } from "../../../src/core/events/encode-events.ts";
import { decodePush, type PushFormat } from "../../../src/formats/decode-push.ts";
import { decodeInSlices } from "../../../src/formats/decode-slices.ts";
import { type Decoded, MAX_ISSUES } from "../../../src/formats/decoded.ts";
import { metricPush, tradePush } from "../../../src/formats/event-pushes.ts";
import { inOneTurn } from "../../../src/formats/in-steps.ts";
import { parseJson, parseNdjson } from "../../../src/formats/json.ts";
import type { MetricPush, TradePush } from "../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

const NOW_US = 1_790_000_000_000_000 as EpochUs;

function decode<Push extends MetricPush | TradePush>(
  text: string,
  format: PushFormat<Push, AddressedEvent>,
): Decoded<AddressedEvent> {
  return decodePush(parseJson(text), format, NOW_US);
}

function issuesOf(decoded: Decoded<unknown>) {
  return decoded.kind === "invalid" ? decoded.issues : [];
}

describe("E-1 a push becomes an event", () => {
  it("of its symbol, with its kind and its ts", () => {
    const text = '{"metric":"cpu","value":0.5,"labels":{"host":"a"},"symbol":"BTC-USD","ts":null}';
    expect(decode(text.replace(',"ts":null', ""), metricPush)).toEqual({
      kind: "items",
      items: [
        {
          symbol: "BTC-USD",
          event: { kind: "metric", ts: NOW_US, metric: "cpu", value: 0.5, labels: { host: "a" } },
        },
      ],
    });
  });

  it("of _system where a metric names no symbol", () => {
    const decoded = decode('[{"metric":"cpu","value":1}]', metricPush);
    expect(decoded.kind === "items" && decoded.items[0]?.symbol).toBe("_system");
  });

  it("in the order they were posted, blank lines of NDJSON passed over", () => {
    const line = (price: number) => JSON.stringify({ symbol: "A", price, size: 1 });
    const body = inOneTurn(parseNdjson(`${line(1)}\n\n${line(2)}\r\n${line(3)}`));
    const decoded = decodePush(body, tradePush, NOW_US);
    const prices =
      decoded.kind === "items" &&
      decoded.items.map(({ event }) => event.kind === "trade" && event.price);
    expect(prices).toEqual([1, 2, 3]);
  });
});

describe("I-1 I-3 bad input is refused whole, in words", () => {
  const metric = (fields: string) => `[{"metric":"ok","value":1},{${fields}}]`;
  it.each([
    [
      "a value of text",
      '"metric":"m","value":"1"',
      "[1].value",
      "must be a number, without quotes",
    ],
    ["Infinity by size", '"metric":"m","value":1e999', "[1].value", "NaN and Infinity"],
    ["a number too large", '"metric":"m","value":1e200', "[1].value", "is too large"],
    ["no value", '"metric":"m"', "[1].value", "must be a number"],
    ["an empty metric", '"metric":"","value":1', "[1].metric", "must not be empty"],
    ["an unknown field", '"metric":"m","value":1,"vaule":2', "[1]", 'unknown field "vaule"'],
    ["a bad symbol", '"metric":"m","value":1,"symbol":"A,B"', "[1].symbol", "letters, digits"],
    ["labels of numbers", '"metric":"m","value":1,"labels":{"a":1}', "[1].labels.a", "a string"],
    [
      "a label that would vanish",
      '"metric":"m","value":1,"labels":{"__proto__":"a"}',
      "[1].labels",
      "__proto__",
    ],
    ["labels of null", '"metric":"m","value":1,"labels":null', "[1].labels", "text by text"],
    ["a field named __proto__", '"metric":"m","value":1,"__proto__":1', "[1]", "__proto__"],
    ["seconds", '"metric":"m","value":1,"ts":1790000000', "[1].ts", "looks like seconds"],
    [
      "milliseconds",
      '"metric":"m","value":1,"ts":1790000000000',
      "[1].ts",
      "looks like milliseconds",
    ],
    [
      "nanoseconds",
      '"metric":"m","value":1,"ts":1790000000000000000',
      "[1].ts",
      "looks like nanoseconds",
    ],
    [
      "a time far ahead",
      '"metric":"m","value":1,"ts":1790000700000000',
      "[1].ts",
      "10 minutes ahead",
    ],
    [
      "a time without offset",
      '"metric":"m","value":1,"ts":"2026-01-01T00:00:00"',
      "[1].ts",
      "RFC 3339",
    ],
    ["ts of null", '"metric":"m","value":1,"ts":null', "[1].ts", "RFC 3339"],
  ])("%s", (_, fields, path, words) => {
    const decoded = decode(metric(fields), metricPush);
    expect(decoded.kind).toBe("invalid");
    const [issue, ...more] = issuesOf(decoded);
    expect(issue?.path).toBe(path);
    expect(issue?.message).toContain(words);
    expect(more).toEqual([]);
  });

  it.each([
    ["a negative size", { size: -1 }, "size", "say the direction in side"],
    ["another side", { side: "long" }, "side", '"buy" or "sell"'],
    ["an id of a number", { id: 7 }, "id", "must be a string"],
    ["no symbol", { symbol: undefined }, "symbol", "must be a string"],
  ])("a trade with %s", (_, fields, path, words) => {
    const decoded = decode(
      JSON.stringify({ symbol: "A", price: 1, size: 1, ...fields }),
      tradePush,
    );
    expect(issuesOf(decoded)).toEqual([{ path, message: expect.stringContaining(words) }]);
  });

  it.each([
    ["broken JSON", '{"metric":', "The body is not JSON"],
    ["NaN", '{"metric":"m","value":NaN}', "JSON has no NaN and no Infinity"],
    ["a number alone", "5", "must be a JSON object or an array"],
    ["null", "null", "must be a JSON object or an array"],
    ["nothing", "", "not JSON"],
    ["an empty array", "[]", "The batch is empty"],
  ])("%s", (_, text, words) => {
    const decoded = decode(text, metricPush);
    expect(decoded.kind === "unreadable" && decoded.detail).toContain(words);
  });

  it("an array of what is no object names each", () => {
    const decoded = decode('[1,null,[],{"metric":"m","value":1}]', metricPush);
    expect(issuesOf(decoded).map(({ path }) => path)).toEqual(["[0]", "[1]", "[2]"]);
  });

  it("a broken line of NDJSON is named by its number", () => {
    const decoded = decodePush(
      inOneTurn(parseNdjson('{"metric":"m","value":1}\n\n{oops')),
      metricPush,
      NOW_US,
    );
    expect(decoded.kind === "unreadable" && decoded.detail).toContain("Line 3 is not JSON");
    const invalid = decodePush(inOneTurn(parseNdjson('\n{"metric":"m"}')), metricPush, NOW_US);
    expect(issuesOf(invalid)[0]?.path).toBe("line 2.value");
  });

  it("I-18 lists the first issues, and names a few of many fields, cut", () => {
    const decoded = decode(JSON.stringify(Array.from({ length: 50 }, () => ({}))), metricPush);
    expect(issuesOf(decoded)).toHaveLength(MAX_ISSUES);
    const fields = Object.fromEntries(Array.from({ length: 4_000 }, (_, at) => [`k${at}`, 1]));
    const odd = { metric: "m", value: 1, ["k".repeat(60_000)]: 1, ...fields };
    const message = issuesOf(decode(JSON.stringify(odd), metricPush))[0]?.message ?? "";
    expect(message.length).toBeLessThan(200);
    expect(message).toContain("and 3996 more");
  });
});

describe("I-17 a long batch in slices", () => {
  const points = (count: number) =>
    Array.from({ length: count }, () => ({ metric: "m", value: 1 }));
  const slices = async (values: unknown[]) => {
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
    };
    const body = parseJson(JSON.stringify(values));
    return {
      decoded: await decodeInSlices(body, metricPush, { nowUs: NOW_US, unit: undefined }, pause),
      pauses,
    };
  };

  it("is what it is in one piece, with others let in between", async () => {
    const whole = decode(JSON.stringify(points(2_500)), metricPush);
    expect(await slices(points(2_500))).toEqual({ decoded: whole, pauses: 2 });
    expect((await slices(points(1_000))).pauses).toBe(0);
  });

  it("is refused whole, each item under its own number, and left where enough is wrong", async () => {
    const wrong = { metric: "m" };
    const { decoded } = await slices([...points(2_345), wrong, ...points(700), wrong]);
    expect(issuesOf(decoded).map(({ path }) => path)).toEqual(["[2345].value", "[3046].value"]);
    const many = await slices(Array.from({ length: 9_000 }, () => wrong));
    expect([issuesOf(many.decoded).length, many.pauses]).toEqual([MAX_ISSUES, 0]);
  });
});
