import { describe, expect, it } from "vitest";
import { fillsOf } from "../../../src/core/orders/fills.ts";
import { latencyOf, legsOf } from "../../../src/core/orders/legs.ts";
import { meanSlippage } from "../../../src/core/orders/mean-slippage.ts";
import { type BestPrices, sentUs, slippageOf } from "../../../src/core/orders/slippage.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { order } from "./orders.ts";

const life = [
  order(100, "sent", { side: "buy", quantity: 5 }),
  order(130, "acknowledged"),
  order(200, "partially_filled", { filled: 2, avg_price: 10 }),
  order(250, "filled", { filled: 5, avg_price: 10.3 }),
];
const book: BestPrices = { ts: 90 as EpochUs, bid: 9.9, ask: 10.1 };

describe("legs of an order", () => {
  it("are from and to the first state of each kind", () => {
    const legs = { sent_to_acknowledged: 30, acknowledged_to_filled: 70, sent_to_final: 150 };
    expect(legsOf(life)).toEqual(legs);
  });

  it("are null where an end is not known, and below 0 where clocks differ", () => {
    expect(legsOf([order(5, "acknowledged"), order(9, "sent"), order(12, "rejected")])).toEqual({
      ...{ sent_to_acknowledged: -4, acknowledged_to_filled: null, sent_to_final: 3 },
    });
    expect(legsOf([order(5, "partially_filled", { filled: 1 })])).toEqual({
      ...{ sent_to_acknowledged: null, acknowledged_to_filled: null, sent_to_final: null },
    });
  });

  it("of many orders have percentiles between the two nearest, over those that have the leg", () => {
    // 10, 20, ..., 100.
    const orders = Array.from({ length: 10 }, (_, at) => [
      order(0, "sent"),
      order(10 * (at + 1), "acknowledged"),
    ]);
    const latency = latencyOf([...orders, [order(3, "sent")]]);
    const of = { count: 10, p50_us: 55, p90_us: 91, p99_us: 99.1, max_us: 100 };
    expect(latency.sent_to_acknowledged).toEqual({ ...of, p99_us: expect.closeTo(99.1, 9) });
    const none = { count: 0, p50_us: null, p90_us: null, p99_us: null, max_us: null };
    expect(latency.sent_to_final).toEqual(none);
  });
});

describe("fills of an order", () => {
  it("are what filled and avg_price grew by, in the decimals that were pushed", () => {
    // 5 at 10.3 are 51.5, of which 2 at 10 were 20: 3 at 10.5.
    expect(fillsOf(life)).toEqual([
      { ts: 200, quantity: 2, price: 10 },
      { ts: 250, quantity: 3, price: 10.5 },
    ]);
    const tenths = [0.1, 0.3].map((filled, at) =>
      order(at, "partially_filled", { filled, avg_price: 1 }),
    );
    expect(fillsOf(tenths).map(({ quantity }) => quantity)).toEqual([0.1, 0.2]);
  });

  it("a filled order that does not say how much is filled whole", () => {
    const states = [order(1, "sent", { quantity: 4 }), order(2, "filled", { avg_price: 3 })];
    expect(fillsOf(states)).toEqual([{ ts: 2, quantity: 4, price: 3 }]);
    expect(fillsOf([order(1, "sent"), order(2, "filled")])).toEqual([]);
  });

  it("a price that was not said is not known, nor is the one after it, and less than before is below 0", () => {
    const states = [
      order(1, "partially_filled", { filled: 1 }),
      order(2, "partially_filled", { filled: 3, avg_price: 2 }),
      order(3, "partially_filled", { filled: 2, avg_price: 2 }),
    ];
    expect(fillsOf(states)).toEqual([
      { ts: 1, quantity: 1, price: null },
      { ts: 2, quantity: 2, price: null },
      { ts: 3, quantity: -1, price: 2 },
    ]);
  });
});

describe("slippage of an order", () => {
  it("is what a unit cost more than mid and best opposite when it was sent", () => {
    expect(sentUs(life)).toBe(100);
    expect(slippageOf(life, book)).toEqual({
      kind: "known",
      slippage: {
        ...{ quantity: 5, avg_price: 10.3, book_ts: 90 },
        mid: { book_price: 10, price: 0.3, basis_points: expect.closeTo(300, 9) },
        opposite: { book_price: 10.1, price: 0.2, basis_points: expect.closeTo(198.0198, 3) },
      },
    });
  });

  it("of a sale is what it got less, and below 0 where it got more", () => {
    const sold = [
      order(1, "sent", { side: "sell", quantity: 1 }),
      order(2, "filled", { avg_price: 10.05 }),
    ];
    const reading = slippageOf(sold, book);
    if (reading.kind === "unknown") return expect.fail(reading.reason);
    expect(reading.slippage.mid?.price).toBe(-0.05);
    expect(reading.slippage.opposite).toEqual({
      ...{ book_price: 9.9, price: -0.15 },
      basis_points: expect.closeTo(-151.515, 3),
    });
  });

  it("says what is missing, and has no part of an empty side or of a price that is not above 0", () => {
    const filled = { filled: 1, avg_price: 2 };
    const reasonOf = (...args: Parameters<typeof slippageOf>) => {
      const reading = slippageOf(...args);
      return reading.kind === "unknown" ? reading.reason : null;
    };
    expect(reasonOf([order(1, "sent", { side: "buy" })], book)).toBe("no_fill");
    expect(reasonOf([order(1, "filled", filled)], book)).toBe("no_side");
    expect(reasonOf([order(1, "filled", { side: "buy", filled: 1 })], book)).toBe("no_price");
    expect(reasonOf([order(1, "filled", { ...filled, side: "buy" })], null)).toBe("no_book");
    const oneSided = slippageOf([order(1, "filled", { ...filled, side: "buy" })], {
      ...{ ts: book.ts, bid: -1, ask: null },
    });
    expect(oneSided).toMatchObject({ slippage: { mid: null, opposite: null } });
    const below = slippageOf([order(1, "filled", { ...filled, side: "sell" })], {
      ...{ ts: book.ts, bid: -1, ask: 1 },
    });
    expect(below).toMatchObject({
      slippage: { mid: { basis_points: null }, opposite: { price: -3, basis_points: null } },
    });
  });

  it("of many orders is weighted by what was filled, and those without are counted by reason", () => {
    const bought = (quantity: number, price: number) =>
      slippageOf([order(1, "filled", { side: "buy", filled: quantity, avg_price: price })], book);
    const mean = meanSlippage([
      bought(1, 10.4),
      bought(3, 10),
      slippageOf([order(1, "sent")], book),
    ]);
    expect(mean.mid).toEqual({
      ...{ orders: 2, quantity: 4 },
      price: expect.closeTo(0.1, 12),
      basis_points: expect.closeTo(100, 9),
    });
    expect(mean.unknown).toEqual({ no_fill: 1, no_side: 0, no_price: 0, no_book: 0 });
    expect(meanSlippage([]).mid).toEqual({
      orders: 0,
      quantity: 0,
      price: null,
      basis_points: null,
    });
  });
});
