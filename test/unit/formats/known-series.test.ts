import { describe, expect, it } from "vitest";
import { Series } from "../../../src/core/events/series.ts";
import { NewestUsed } from "../../../src/core/limits/newest-used.ts";
import { inOneTurn } from "../../../src/formats/in-steps.ts";
import { decodeWrite } from "../../../src/formats/prometheus/remote-write.ts";
import { KnownSeries, Words } from "../../../src/formats/wire/known-series.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { writeRequest1, writeRequest2 } from "../../wire/messages.ts";
import { pointsOf, TERMS } from "../../wire/point-terms.ts";

const bytesOf = (text: string) => new Words(new TextEncoder().encode(text));
const seriesOf = (metric: string) => new Series("A" as SymbolName, metric, undefined, 1);

describe("series that are known by their bytes", () => {
  it("finds each by its own bytes alone, wherever they stand in a body", () => {
    const known = new KnownSeries();
    const texts = Array.from({ length: 500 }, (_, at) => `labels of ${"x".repeat(at % 9)} ${at}`);
    for (const text of texts) known.keep(seriesOf(text), bytesOf(text), 0, text.length);
    for (const text of texts) {
      const body = bytesOf(`..${text}..`);
      expect(known.find(body, 2, 2 + text.length)?.metric).toBe(text);
      expect(known.find(body, 1, 1 + text.length)).toBeUndefined();
      expect(known.find(bytesOf(text.replace("of", "or")), 0, text.length)).toBeUndefined();
    }
  });

  it("forgets what nobody asks for, and not what is in use", () => {
    const known = new KnownSeries();
    const inUse = bytesOf("in use");
    known.keep(seriesOf("in use"), inUse, 0, 6);
    known.keep(seriesOf("once"), bytesOf("once"), 0, 4);
    for (let at = 0; at < 40_000; at += 1) {
      const text = `new ${at}`;
      known.keep(seriesOf(text), bytesOf(text), 0, text.length);
      if (at % 1_000 === 0) expect(known.find(inUse, 0, 6)?.metric).toBe("in use");
    }
    expect(known.find(bytesOf("once"), 0, 4)).toBeUndefined();
  });

  it.each([
    ["1.0", writeRequest1],
    ["2.0", writeRequest2],
  ] as const)(
    "gives a sender of remote write %s no room that it may not write to",
    (version, encode) => {
      const labels = { __name__: "up", symbol: "ACME" };
      const samples = [{ value: 1, timeMs: TERMS.nowUs / 1_000 }];
      const body = encode([{ labels, samples }]);
      for (const may of [true, false, true]) {
        const decoded = inOneTurn(decodeWrite(body, version, { ...TERMS, mayWrite: () => may }));
        if (decoded.kind !== "points") throw new Error(decoded.kind);
        expect(pointsOf(decoded.points)).toHaveLength(may ? 1 : 0);
        const { refused } = decoded.points;
        expect(refused.count).toBe(may ? 0 : 1);
        if (!may)
          expect(refused.text("samples")).toContain("up is of ACME, which the token is not");
      }
    },
  );
});

describe("what is remembered of texts", () => {
  it("is at most two generations, by entries and by characters", () => {
    const byEntries = new NewestUsed<number>({ entries: 10, chars: 1_000 });
    for (let at = 0; at < 100; at += 1) byEntries.set(`${at}`, at, 1);
    expect([byEntries.get("99"), byEntries.get("70")]).toEqual([99, undefined]);
    const byChars = new NewestUsed<number>({ entries: 1_000, chars: 10 });
    for (let at = 0; at < 100; at += 1) byChars.set(`${at}`, at, 5);
    expect([byChars.get("99"), byChars.get("90")]).toEqual([99, undefined]);
  });
});
