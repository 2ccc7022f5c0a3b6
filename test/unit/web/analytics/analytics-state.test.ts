import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INTERVALS } from "../../../../src/protocol/words/interval.ts";
import {
  type AnalyticsState,
  analyticsOf,
  pathOfAnalytics,
  REACHES,
} from "../../../../web/data/analytics/analytics-state.ts";
import { offeredSymbols, typedSymbols } from "../../../../web/data/symbols/typed-symbols.ts";
import { holding } from "../../../../web/data/words/typed-list.ts";
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
});

describe("symbols that are typed", () => {
  test("stand between commas, each once, as the server writes them", () => {
    expect(typedSymbols(" BTC-USD ,, ETH-USD,BTC-USD,E\u0301 ")).toEqual([
      ...["BTC-USD", "ETH-USD", "É"],
    ]);
    expect(typedSymbols(" , ")).toEqual([]);
  });

  test("are completed by what fits in place of the last one", () => {
    const list = ["BTC-USD", "ETH-BTC", "SOL-USD"].map((symbol) => ({ symbol }));
    expect(offeredSymbols(list, "SOL-USD, btc", 30)).toEqual([
      ...["SOL-USD,BTC-USD", "SOL-USD,ETH-BTC"],
    ]);
    expect(offeredSymbols(list, "", 2)).toEqual(["BTC-USD", "ETH-BTC"]);
    expect(offeredSymbols(list, "none", 30)).toEqual([]);
  });

  test("and other texts are offered where they hold what was typed", () => {
    expect(holding(["lag_ms", "Lag_max", "load"], " LAG", 30)).toEqual(["lag_ms", "Lag_max"]);
    expect(holding(["lag_ms", "Lag_max", "load"], "l", 1)).toEqual(["lag_ms"]);
  });
});
