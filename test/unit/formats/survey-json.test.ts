import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type InSteps, inOneTurn, STEP_BYTES } from "../../../src/formats/in-steps.ts";
import { parseJsonInSteps, parseNdjson } from "../../../src/formats/json.ts";
import { surveyJson } from "../../../src/formats/survey-json.ts";

function oddityOf(text: string, maxItems: number, isNdjson = false): string | null {
  const survey = inOneTurn(surveyJson(text, maxItems, isNdjson));
  return survey.kind === "odd" ? survey.oddity : null;
}

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
    ["a number of 2,000 digits", `[${"9".repeat(2_000)}]`, 1_000, null],
    ["one of more", `{"value":-1.${"9".repeat(2_000)}e+5}`, 1_000, "too_long_a_number"],
    ["a string without an end", `{"metric":"${"[".repeat(50_000)}`, 1_000, null],
  ])("JSON: %s", (_, text, maxItems, expected) => {
    expect(oddityOf(text, maxItems)).toBe(expected);
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
    expect(oddityOf(text, 1_000, true)).toBe(expected);
  });

  it("counts what the parser finds, whatever the values spell", () => {
    const padding = "x".repeat(20_000);
    const item = fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.string(), fc.integer());
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 9 }), (items) => {
        const all = [...items, padding];
        for (const text of [JSON.stringify(all), JSON.stringify(all, null, 1)]) {
          expect(oddityOf(text, all.length)).toBeNull();
          expect(oddityOf(text, all.length - 1)).toBe("too_many");
        }
        const lines = all.map((one) => JSON.stringify(one)).join("\n");
        expect(oddityOf(lines, all.length, true)).toBeNull();
        expect(oddityOf(lines, all.length - 1, true)).toBe("too_many");
      }),
    );
  });
});

/** What it comes to, and in how many turns. */
function inTurns<Result>(steps: InSteps<Result>): { result: Result; turns: number } {
  for (let turns = 1; ; turns += 1) {
    const { done, value } = steps.next();
    if (done === true) return { result: value, turns };
  }
}

function parsedInParts(text: string) {
  const survey = inOneTurn(surveyJson(text, 1_000));
  if (survey.kind === "odd") throw new Error(survey.oddity);
  return inTurns(parseJsonInSteps(text, survey.cuts));
}

describe("a long body is parsed in parts", () => {
  // What stands in a text is no end of a part.
  const long = JSON.stringify({ metric: `],[{"}\\${"x".repeat(STEP_BYTES)}` });
  const items = [long, "[1,[2]]", long, " 3 ", long, '{"a":[{"b":1}]}'];

  it("of which each is parsed in a turn of its own, and gives what the whole does", () => {
    for (const text of [`[${items.join(",")}]`, `\n [ ${items.join(" ,\n")}\n] \n`]) {
      const { result, turns } = parsedInParts(text);
      expect(result).toMatchObject({ kind: "values", values: JSON.parse(text) });
      expect(turns).toBe(4);
    }
  });

  it("and what is no JSON is none in parts either", () => {
    const piece = fc.constantFrom(",", "]", "[", "}", "{", '"', "],[", "x", " ", "");
    const place = fc.integer({ min: 0, max: items.length });
    fc.assert(
      fc.property(place, piece, piece, (at, before, behind) => {
        const broken = items.flatMap((item, index) =>
          index === at ? [before, item, behind] : [item],
        );
        for (const text of [`[${broken.join(",")}]`, `[${items.join(",")}${before}]${behind}`]) {
          const survey = inOneTurn(surveyJson(text, 1_000));
          if (survey.kind === "odd") continue;
          const parsed = inOneTurn(parseJsonInSteps(text, survey.cuts));
          let values: unknown;
          try {
            values = JSON.parse(text);
          } catch {
            values = undefined;
          }
          expect(parsed.kind === "values" ? parsed.values : undefined).toEqual(values);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("where lines are items, some lines a turn", () => {
    const { result, turns } = inTurns(parseNdjson([long, long, "", '{"a":1}', ""].join("\n")));
    expect(result).toMatchObject({ values: [JSON.parse(long), JSON.parse(long), { a: 1 }] });
    expect(turns).toBe(3);
  });
});
