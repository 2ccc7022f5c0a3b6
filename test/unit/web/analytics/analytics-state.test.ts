import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INTERVALS } from "../../../../src/protocol/words/interval.ts";
import {
  type AnalyticsState,
  analyticsOf,
  pathOfAnalytics,
  REACHES,
  usualSymbols,
} from "../../../../web/data/analytics/analytics-state.ts";
import type { ListedSymbol } from "../../../../web/data/symbols/symbol-list.ts";
import { completedSymbols, typedSymbols } from "../../../../web/data/symbols/typed-symbols.ts";
import { anySymbol } from "../../../any-symbol.ts";

describe("the address of analytics", () => {
  test("has all that was chosen, and leads back to it", () => {
    const anyText = fc.option(fc.string({ minLength: 1 }), { nil: null });
    const anyState: fc.Arbitrary<AnalyticsState> = fc.record({
      symbols: fc.uniqueArray(anySymbol, { maxLength: 3 }),
      interval: fc.constantFrom(...INTERVALS),
      reach: fc.constantFrom(...REACHES),
      ...{ account: anyText, subject: anyText },
    });
    fc.assert(
      fc.property(anyState, (state) => {
        const { search } = new URL(pathOfAnalytics(state), "http://tape.test");
        expect(analyticsOf(search)).toEqual(state);
      }),
    );
  });

  test("leaves to the page what it does not say, or says of what there is not", () => {
    const unsaid = { symbols: [], interval: "5m", reach: "6h", account: null, subject: null };
    expect(analyticsOf("")).toEqual(unsaid);
    expect(analyticsOf("?interval=7m&range=2y&account=&subject=&symbols=,")).toEqual(unsaid);
  });

  test("without symbols is of the first that have a price", () => {
    const list = Array.from({ length: 12 }, (_, at) => ({
      ...{ symbol: `S${at}`, last: at === 1 ? null : at },
    })) as unknown as ListedSymbol[];
    expect(usualSymbols(list)).toEqual(["S0", "S2", "S3", "S4", "S5", "S6", "S7", "S8"]);
  });
});

describe("symbols that are typed", () => {
  test("stand between commas, each once, as the server writes them", () => {
    expect(typedSymbols(" BTC-USD ,, ETH-USD,BTC-USD,E\u0301 ")).toEqual([
      ...["BTC-USD", "ETH-USD", "É"],
    ]);
    expect(typedSymbols(" , ")).toEqual([]);
  });

  test("are completed by the last one", () => {
    expect(completedSymbols(["A", "B"], ["X", "Y"])).toEqual(["A,X", "A,Y"]);
    expect(completedSymbols([], ["X"])).toEqual(["X"]);
  });
});
