import { describe, expect, it } from "vitest";
import { attributeToBenchmark } from "../../../src/core/attribution/benchmark.ts";
import {
  type SymbolShare,
  symbolAnswer,
  totalAnswer,
  totalOf,
} from "../../../src/core/attribution/portfolio-pnl.ts";
import {
  benchmarkPushSchema,
  brinsonFachlerSchema,
} from "../../../src/protocol/answers/attribution.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { monthlyPrices } from "../statistics/published.ts";
import { BOOK_SPAN, expected, pnlOfSteps, stepsOf } from "./book.ts";

const SYMBOLS = ["MSFT", "AMZN", "IBM", "GOOG", "AAPL"] as const;
const CASES = { all: ["alpha", "beta"], alpha: ["alpha"] } as const;
const closesOf = new Map(
  SYMBOLS.map((symbol) => [symbol as string as SymbolName, monthlyPrices(symbol)]),
);

function sharesOf(accounts: readonly string[]): SymbolShare[] {
  return SYMBOLS.map((symbol) => ({
    symbol: symbol as string as SymbolName,
    result: pnlOfSteps(stepsOf(symbol, accounts), monthlyPrices(symbol), BOOK_SPAN),
    fees: null,
  }));
}

describe.each(["all", "alpha"] as const)("a book of published prices, %s", (name) => {
  const { by_symbol, total } = expected[name];
  const shares = sharesOf(CASES[name]);

  it.each(SYMBOLS)("%s", (symbol) => {
    const share = shares.find((one) => one.symbol === symbol) as SymbolShare;
    const wanted = by_symbol[symbol];
    const isHeld = wanted.trades > 0 || wanted.quantity.some((quantity) => quantity !== 0);
    if (!isHeld) {
      expect(share.result).toEqual({ kind: "no_position" });
      return;
    }
    const at = (side: 0 | 1) => ({
      ...{ quantity: wanted.quantity[side], value: wanted.value[side] },
      price: wanted.price[side],
    });
    const { pnl } = symbolAnswer(share);
    expect(pnl).toMatchObject({
      ...{ kind: "ok", pnl: wanted.pnl, net_flow: wanted.net_flow },
      ...{ start: at(0), end: at(1) },
    });
    const { trades, capitalCents } = share.result as Extract<
      typeof share.result,
      { start: unknown }
    >;
    expect(trades.atClose + trades.fromAvgPrice).toBe(wanted.trades);
    expect(capitalCents / 100).toBeCloseTo(wanted.capital, 6);
  });

  it("in all", () => {
    expect(totalAnswer(totalOf(shares))).toMatchObject({ kind: "ok", ...total });
  });
});

describe.each(["benchmark", "two_symbols"] as const)("against %s", (name) => {
  it("is what pandas finds", () => {
    const shares = sharesOf(CASES.all);
    const push = benchmarkPushSchema.parse(expected[name].push);
    const found = attributeToBenchmark(
      { shares, total: totalOf(shares) },
      push,
      closesOf,
      BOOK_SPAN,
    );
    const answer = brinsonFachlerSchema.parse(found);
    if (answer.kind !== "ok") throw new Error(answer.kind);
    const { segments, ...sums } = expected[name].brinson_fachler;
    const near = (fields: Record<string, unknown>) =>
      Object.fromEntries(
        Object.entries(fields).map(([key, value]) => [
          key,
          typeof value === "number" ? expect.closeTo(value, 12) : value,
        ]),
      );
    expect(answer).toMatchObject(near(sums));
    const byName = [...answer.segments].sort((a, b) => (a.segment < b.segment ? -1 : 1));
    expect(byName).toEqual(segments.map(near));
  });
});
