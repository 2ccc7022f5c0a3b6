import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochUs } from "../../../src/protocol/time.ts";
import {
  digitsOf,
  formatAge,
  formatChange,
  formatGain,
  formatMoment,
  formatPrice,
  formatTick,
  formatValue,
  formatVolume,
} from "../../../web/data/format.ts";
import { ladderOf } from "../../../web/data/order-book.ts";
import { addPositions, NO_POSITIONS, netPosition } from "../../../web/data/positions.ts";
import { pathOfSymbol, routeOf } from "../../../web/data/route.ts";
import { anySymbol } from "../../any-symbol.ts";

describe("addresses", () => {
  test("every symbol's page has an address of its own, that no file server takes for a file", () => {
    fc.assert(
      fc.property(anySymbol, (symbol) => {
        const { pathname, search } = new URL(pathOfSymbol(symbol, "5m"), "http://tape.test");
        expect(pathname).not.toMatch(/\.[a-z0-9]+$/i);
        expect(routeOf(pathname, search)).toEqual({ page: "symbol", symbol, interval: "5m" });
      }),
    );
  });

  test.each([
    ["/", "", { page: "symbols" }],
    ["/s/BTC-USD", "?interval=7m", { page: "symbol", symbol: "BTC-USD", interval: null }],
    ["/s/%E0%A4%A", "", { page: "missing" }],
    ["/nowhere", "", { page: "missing" }],
  ])("%s%s", (pathname, search, route) => {
    expect(routeOf(pathname, search)).toEqual(route);
  });
});

test("a trade of long ago is told by its date, one of today by its time", () => {
  const at = Date.UTC(2020, 3, 17, 12) * 1_000;
  expect(formatMoment(at, Date.UTC(2026, 0, 1))).toBe("17 Apr 20");
  expect(formatMoment(at, Date.UTC(2020, 3, 17, 13))).toMatch(/^\d\d:\d\d:\d\d$/);
});

describe("numbers", () => {
  test.each([
    [97_250.5, "97,250.50"],
    [1.04655, "1.04655"],
    [0.00001234, "0.00001234"],
    [0, "0.00"],
  ])("price %d is %s", (price, text) => {
    expect(formatPrice(price)).toBe(text);
  });

  test("a column of prices has as many digits as its finest price", () => {
    expect(digitsOf([1.5, 1.04, 1.0465])).toBe(4);
    expect(digitsOf([])).toBe(2);
  });

  test.each([
    [0.0123, "+1.23 %"],
    [-0.5, "−50.00 %"],
    [-0.00001, "0.00 %"],
  ])("change %d is %s", (change, text) => {
    expect(formatChange(change)).toBe(text);
  });

  test.each([
    [0.25, "0.2500"],
    [12, "12"],
    [12_345, "12.35K"],
    [1_234_567, "1.23M"],
    [5e9, "5.00B"],
  ])("volume %d is %s", (volume, text) => {
    expect(formatVolume(volume)).toBe(text);
  });

  test.each([
    [0.0004, "4.00e-4"],
    [1.2345, "1.235"],
    [987_654.4, "987,654"],
    [2.1e8, "210.00M"],
  ])("value %d is %s", (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  test("ticks have the digits that tell them apart", () => {
    expect([2.5, 5].map((tick) => formatTick(tick, 2.5))).toEqual(["2.5", "5.0"]);
    expect(formatTick(20, 20)).toBe("20");
    expect(formatTick(0.004, 0.002)).toBe("0.004");
  });

  test.each([
    [300, "now"],
    [12_000, "12 s"],
    [180_000, "3 min"],
    [7_200_000, "2 h"],
    [200_000_000, "2 d"],
  ])("%d ms ago is %s", (age, text) => {
    expect(formatAge(age)).toBe(text);
  });
});

test("what was won or lost has its sign, and nothing has none", () => {
  expect([1_234_567, -132_730, 0.25, 0, -0.00001].map(formatGain)).toEqual([
    "+1.23M",
    "−132.73K",
    "+0.2500",
    "0",
    "0.0000",
  ]);
});

describe("what is held over all accounts", () => {
  const held = (account: string, quantity: number, paid?: number) => ({
    kind: "position" as const,
    ts: 1 as EpochUs,
    quantity,
    account,
    ...(paid !== undefined && { avg_price: paid }),
  });

  test("is their sum, and its gain is against what each has paid", () => {
    const positions = addPositions(NO_POSITIONS, [
      held("a", 5, 10),
      held("b", -2, 14),
      held("c", 0),
    ]);
    expect(netPosition(positions, 12)).toEqual({ quantity: 3, gain: 5 * 2 + -2 * -2 });
    expect(netPosition(positions, null)).toEqual({ quantity: 3, gain: null });
  });

  test("has no gain where somebody did not say what he paid, and is nothing where nobody holds", () => {
    const positions = addPositions(NO_POSITIONS, [held("a", 5, 10), held("b", 1)]);
    expect(netPosition(positions, 12)).toEqual({ quantity: 6, gain: null });
    expect(netPosition(NO_POSITIONS, 12)).toBeNull();
  });
});

test("a ladder has the best levels of both sides, what is offered down to each, and the spread", () => {
  const bids: [number, number][] = [
    [99, 1],
    [98, 2],
    [97, 4],
  ];
  expect(ladderOf({ bids, asks: [[101, 5]] }, 2)).toEqual({
    bids: [
      { price: 99, size: 1, total: 1 },
      { price: 98, size: 2, total: 3 },
    ],
    asks: [{ price: 101, size: 5, total: 5 }],
    deepest: 5,
    spread: { amount: 2, share: 0.02 },
  });
  expect(ladderOf({ bids, asks: [] }, 9).spread).toBeNull();
  expect(ladderOf({ bids: [[-3, 1]], asks: [[-2, 1]] }, 9).spread).toEqual({
    amount: 1,
    share: null,
  });
});
