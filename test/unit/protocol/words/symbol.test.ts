import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesGlob } from "../../../../src/core/placement/glob.ts";
import {
  globFault,
  isSymbol,
  symbolFault,
  symbolSchema,
} from "../../../../src/protocol/words/symbol.ts";
import { anySymbol, HARD_SYMBOLS } from "../../../any-symbol.ts";

describe("C-5 symbols", () => {
  it.each([...HARD_SYMBOLS, "_system"])("%s is one", (text) => {
    expect(symbolFault(text)).toBeNull();
    expect(symbolSchema.parse(text)).toBe(text);
  });

  it.each([
    ["", "1 to 64 characters"],
    ["A".repeat(65), "1 to 64 characters"],
    ["𝒳".repeat(51), "200 bytes"],
    [" A", "begin or end with a space"],
    ["A ", "begin or end with a space"],
    ["A      B", "at most 5 spaces"],
    ["A\tB", "U+0009"],
    ["A\u00a0B", "U+00A0"],
    ["A\u0000", "U+0000"],
    ["A\u202eB", "U+202E"],
    ["A\u200bB", "U+200B"],
    ["A\ufeff", "U+FEFF"],
    ["A\u034fB", "U+034F"],
    ["\u3164", "U+3164"],
    ["\u0301A", "combining mark"],
    ["A \u0301", "combining mark"],
    ["E\u0301", 'normal form C: "É" is'],
    ["A\ud800", "half of a surrogate pair"],
    ["BTC,ETH", '"," (U+002C)'],
    ["100%", '"%" (U+0025)'],
    ["A\\B", "U+005C"],
    ['A"B', "U+0022"],
    ["A<B", "U+003C"],
    ["🚀", "U+1F680"],
    ["*", "must not be * alone"],
    [".", "must not be . alone"],
    ["..", "must not be .. alone"],
    ["__proto__", "must not be __proto__ alone"],
  ])("%j is none, and is told why", (text, words) => {
    expect(symbolFault(text)).toContain(words);
    expect(isSymbol(text)).toBe(false);
    expect(symbolSchema.safeParse(text).error?.issues[0]?.message).toContain(words);
  });

  it("is the same behind any URL, in its path and in its query", () => {
    fc.assert(
      fc.property(anySymbol, (symbol) => {
        const url = new URL(`http://tape.test/ws/${encodeURIComponent(symbol)}`);
        url.searchParams.set("symbol", symbol);
        const { pathname, searchParams } = new URL(url.href);
        expect(pathname.split("/").slice(2).map(decodeURIComponent)).toEqual([symbol]);
        expect(searchParams.get("symbol")).toBe(symbol);
      }),
    );
  });
});

describe("C-5 a pattern", () => {
  it("may stand for a symbol where any run of its characters is a star", () => {
    fc.assert(
      fc.property(anySymbol, fc.nat(64), fc.nat(64), (symbol, start, length) => {
        const characters = [...symbol].map((character) => (character === "*" ? "\\*" : character));
        characters.splice(start, length, "*");
        const glob = characters.join("");
        expect(matchesGlob(glob, symbol)).toBe(true);
        expect(globFault(glob)).toBeNull();
      }),
      { examples: [["A".repeat(64), 64, 0]] },
    );
  });

  it("may have any mark behind a star", () => {
    for (let code = 0x300; code <= 0x1e94f; code += 1) {
      const mark = String.fromCodePoint(code);
      if (!/\p{M}/u.test(mark) || !isSymbol(`貴${mark}`)) continue;
      expect(globFault(`*${mark}foo`), code.toString(16)).toBeNull();
    }
    expect(globFault("*\u0308foo")).toBeNull();
  });

  it.each([
    ["\\*", "must not be * alone"],
    ["\u0308*", "combining mark"],
    ["e\u0301*", "normal form C"],
    [`${"A".repeat(65)}*`, "1 to 64 characters"],
    ["A *  \u0308", "combining mark"],
  ])("%j, which no symbol can match, is told why", (glob, words) => {
    expect(globFault(glob)).toContain(words);
  });
});
