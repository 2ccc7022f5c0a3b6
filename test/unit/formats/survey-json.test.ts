import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { surveyJson } from "../../../src/formats/survey-json.ts";

const point = '{"symbol":"S","metric":"m \\"{[,:\\\\","value":1,"labels":{"a":"b"}}';
const array = (items: string[]) => `[${items.join(",")}]`;
const points = (count: number) => Array.from({ length: count }, () => point);
const level = "[1.5,2]";
const levels = (count: number) => Array.from({ length: count }, () => level).join(",");
const book = `{"symbol":"S","type":"snapshot","bids":[${levels(1_000)}],"asks":[${levels(1_000)}],"seq":1}`;

describe("I-17 a body is looked over before it is parsed", () => {
  it.each([
    ["as many items as may be", array(points(1_000)), 1_000, null],
    ["one more", array(points(1_001)), 1_000, "too_many"],
    ["one full book", book, 1_000, null],
    ["eight full books", array(Array(8).fill(book)), 1_000, null],
    [
      "nine full books, which are as much work as 1,000 points",
      array(Array(9).fill(book)),
      1_000,
      "too_many",
    ],
    ["any number where there is no limit", array(points(30_000)), 0, null],
    ["arrays in arrays", `[${"[".repeat(20_000)}${"]".repeat(20_000)}]`, 1_000, "too_deep"],
    ["objects in objects", `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`, 1_000, "too_deep"],
    [
      "60,000 fields",
      `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":1`).join()}}`,
      20_000,
      "too_intricate",
    ],
    ["60,000 elements", `{"bids":[${"1,".repeat(60_000)}1]}`, 20_000, "too_intricate"],
    ["a string of all that counts", `{"metric":"${'[{,:\\"'.repeat(50_000)}"}`, 1_000, null],
    ["a string without an end", `{"metric":"${"[".repeat(50_000)}`, 1_000, null],
  ])("JSON: %s", (_, text, maxItems, expected) => {
    expect(surveyJson(text, maxItems)).toBe(expected);
  });

  it.each([
    ["as many lines as may be", points(1_000).join("\n"), null],
    ["one more", points(1_001).join("\n"), "too_many"],
    ["one more, and an end of line", `${points(1_001).join("\r\n")}\r\n`, "too_many"],
    ["blank lines between", points(1_000).join("\n\n \r\n"), null],
    ["nothing but blank lines", "\n".repeat(50_000), "too_many"],
    ["full books", Array(9).fill(book).join("\n"), "too_many"],
    ["a line that nests", `${point}\n${"[".repeat(20_000)}`, "too_deep"],
    [
      "lines that do not end what they begin",
      Array(100)
        .fill(`{"a":[${"x".repeat(200)}`)
        .join("\n"),
      null,
    ],
  ])("NDJSON: %s", (_, text, expected) => {
    expect(surveyJson(text, 1_000, true)).toBe(expected);
  });

  it("counts what the parser finds, whatever the values spell", () => {
    const padding = "x".repeat(20_000);
    const item = fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.string(), fc.integer());
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 9 }), (items) => {
        const all = [...items, padding];
        for (const text of [JSON.stringify(all), JSON.stringify(all, null, 1)]) {
          expect(surveyJson(text, all.length)).toBeNull();
          expect(surveyJson(text, all.length - 1)).toBe("too_many");
        }
        const lines = all.map((one) => JSON.stringify(one)).join("\n");
        expect(surveyJson(lines, all.length, true)).toBeNull();
        expect(surveyJson(lines, all.length - 1, true)).toBe("too_many");
      }),
    );
  });
});
