import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { centsOf } from "../../../src/core/attribution/decimal.ts";
import { type Holding, tradeCost } from "../../../src/core/attribution/trade-cost.ts";

const held = (quantity: number, avgPrice: number | null = null): Holding => ({
  quantity,
  avgPrice,
});

describe("the cost of a trade", () => {
  it.each([
    ["bought from nothing", held(0), held(10, 5), 5_000n],
    ["bought after all was sold, whatever it cost before", held(0, 99), held(10, 5), 5_000n],
    ["sold short", held(0), held(-10, 5), -5_000n],
    ["bought more", held(10, 5), held(15, 6), 4_000n],
    ["sold more short", held(-10, 5), held(-15, 6), -4_000n],
    ["turned round by one trade", held(10, 5), held(-5, 7), -10_500n],
    ["turned round from short", held(-10, 5), held(5, 7), 10_500n],
    ["split two for one", held(100, 50), held(200, 25), 0n],
    ["split three for one, the average price rounded", held(100, 10), held(300, 3.3333), -1n],
    ["put together one for four", held(400, 25), held(100, 100), 0n],
    ["put together, the average price rounded", held(300, 33.33), held(7, 1_428.43), 1n],
    ["bought at a price below zero", held(10, 5), held(20, 2), -1_000n],
  ])("%s", (_, before, after, cents) => {
    const trade = tradeCost(before, after);
    expect(trade.kind === "from_avg_price" && centsOf(trade.cost)).toBe(cents);
  });

  it.each([
    ["a sale", held(10, 5), held(4, 5), -600n],
    ["a sale by lots, which moves the average", held(10, 5), held(4, 6), -600n],
    ["the closing of all", held(10, 5), held(0), -1_000n],
    ["the closing of a short position", held(-10, 5), held(0, 0), 1_000n],
    ["a purchase without an average price", held(0), held(10), 1_000n],
    ["a purchase to what has none", held(5), held(10, 4), 500n],
    ["a small sale of much", held(1_000_000, 5), held(999_999, 5), -100n],
    ["a turn without an average price", held(5, 1), held(-5), -1_000n],
  ])("is not told by %s", (_, before, after, traded) => {
    const trade = tradeCost(before, after);
    expect(trade.kind === "unknown" && centsOf(trade.traded)).toBe(traded);
  });

  it("is none where only the average price is another", () => {
    expect(tradeCost(held(10, 5), held(10, 6))).toEqual({ kind: "no_trade" });
    expect(tradeCost(held(0), held(0))).toEqual({ kind: "no_trade" });
  });

  test("of purchases, one after the other, is to the cent what was paid", () => {
    const purchase = fc.record({
      quantity: fc.integer({ min: 1, max: 100_000 }),
      priceCents: fc.integer({ min: 1, max: 1_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(purchase, { maxLength: 20 }), fc.constantFrom(1, -1), (all, side) => {
        let [quantity, basisCents, before] = [0, 0, held(0)];
        for (const one of all) {
          quantity += one.quantity;
          basisCents += one.quantity * one.priceCents;
          const after = held(side * quantity, basisCents / 100 / quantity);
          const trade = tradeCost(before, after);
          const paid = BigInt(side) * BigInt(one.quantity) * BigInt(one.priceCents);
          expect(trade.kind === "from_avg_price" && centsOf(trade.cost)).toBe(paid);
          before = after;
        }
      }),
    );
  });
});
