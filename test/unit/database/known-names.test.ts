import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalLabels } from "../../../src/core/events/labels.ts";
import { KnownNames } from "../../../src/db/store/known-names.ts";
import { LabelSpellings } from "../../../src/db/store/label-spellings.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

const A = "A" as SymbolName;

function names(most?: number): KnownNames {
  const spellings = new LabelSpellings();
  return new KnownNames((labels) => spellings.canonical(labels), most);
}

describe("names of series that a Writer remembers", () => {
  it("are one a series, however its labels are ordered, and never another's", () => {
    const label = fc.constantFrom("a", "b", "é", "c\ud800", "\ufeffa", "");
    const labels = fc.uniqueArray(fc.tuple(label, label), { selector: ([name]) => name });
    fc.assert(
      fc.property(fc.array(fc.tuple(label, labels), { maxLength: 40 }), (all) => {
        const known = names();
        const found = new Map<string, unknown>();
        for (const [metric, pairs] of all) {
          const spelled = pairs.length === 0 ? "" : JSON.stringify(Object.fromEntries(pairs));
          const name = known.find(A, metric, spelled);
          const canonical = new LabelSpellings().canonical(spelled);
          expect([name.symbol, name.metric, name.labelsKey]).toEqual([
            ...[A, metric.toWellFormed(), canonical],
          ]);
          const key = JSON.stringify([metric.toWellFormed(), canonical]);
          expect(found.get(key) ?? name).toBe(name);
          found.set(key, name);
        }
      }),
    );
  });

  it("have the id of the database that answers, and not that of another", () => {
    const name = names().find(A, "m", canonicalLabels({ a: "1" }));
    const one = { seriesId: () => 7 };
    expect([name.idIn({ seriesId: () => undefined }), name.idIn(one)]).toEqual([undefined, 7]);
    expect(name.idIn({ seriesId: () => 8 })).toBe(8);
  });

  it("are emptied between batches alone", () => {
    const known = names(2);
    known.beginBatch();
    const first = known.find(A, "m1", "");
    for (const metric of ["m2", "m3", "m4"]) known.find(A, metric, "");
    expect(known.find(A, "m1", "")).toBe(first);
    known.beginBatch();
    expect(known.find(A, "m1", "")).not.toBe(first);
  });
});
