import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalLabels } from "../../../src/core/events/labels.ts";
import { LabelSpellings } from "../../../src/db/store/label-spellings.ts";

const labels = fc.dictionary(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  {
    maxKeys: 5,
  },
);

describe("label spellings", () => {
  it("gives the canonical labels, the first time and the next, however small it is", () => {
    fc.assert(
      fc.property(fc.array(labels, { maxLength: 30 }), fc.nat({ max: 200 }), (sets, maxChars) => {
        const spellings = new LabelSpellings(maxChars);
        for (const set of [...sets, ...sets]) {
          expect(spellings.canonical(JSON.stringify(set))).toBe(canonicalLabels(set));
        }
      }),
    );
  });

  it("says that there are none", () => {
    expect(new LabelSpellings().canonical("")).toBe("{}");
  });

  it("takes a lone surrogate out, which a database has no form for", () => {
    const spellings = new LabelSpellings();
    for (const _ of ["first", "again"]) {
      expect(spellings.canonical('{"venue":"a\\ud800"}')).toBe('{"venue":"a\ufffd"}');
    }
  });

  it("is emptied when it is full", () => {
    const spellings = new LabelSpellings(1_000);
    for (let at = 0; at < 1_000; at += 1) spellings.canonical(`{"id":"${at}"}`);
    expect(spellings.size).toBeLessThan(1_000 / 20 + 1);
  });
});
