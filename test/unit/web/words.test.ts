import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { pathOfSymbol, routeOf } from "../../../web/data/route.ts";
import { ladderOf } from "../../../web/data/tables/order-book.ts";
import { addPositions, NO_POSITIONS, netPosition } from "../../../web/data/tables/positions.ts";
import { digitsOf } from "../../../web/data/words/digits.ts";
import {
  formatAge,
  formatChange,
  formatGain,
  formatMoment,
  formatPercent,
  formatPrice,
  formatSize,
  formatSpan,
  formatStep,
  formatValue,
  formatVolume,
} from "../../../web/data/words/format.ts";
import { changeClass } from "../../../web/pages/sign-class.ts";
import { anySymbol } from "../../any-symbol.ts";

describe("addresses", () => {
  test("every symbol's page has an address of its own, whatever marks the symbol has", () => {
    fc.assert(
      fc.property(anySymbol, (symbol) => {
        const { pathname, search } = new URL(pathOfSymbol(symbol, "5m"), "http://tape.test");
        expect(routeOf(pathname, search)).toEqual({
          page: "symbol",
          symbol,
          interval: "5m",
          search,
        });
      }),
    );
    expect(pathOfSymbol("BTC/USDT:USDT")).toBe("/s/BTC%2FUSDT:USDT");
  });

  test.each([
    ["/", "", { page: "market" }],
    [
      "/embed/BRK.B",
      "?interval=1m",
      { page: "embed", symbol: "BRK.B", interval: "1m", search: "?interval=1m" },
    ],
    ["/embed/", "", { page: "missing" }],
    ["/trace", "", { page: "trace", id: null }],
    ["/trace/", "", { page: "trace", id: null }],
    ["/trace/a%2Fb", "", { page: "trace", id: "a/b" }],
    ["/alerts", "", { page: "alerts" }],
    ["/explore/", "?range=6h", { page: "explore", search: "?range=6h" }],
    ["/analytics", "?symbols=A", { page: "analytics", search: "?symbols=A" }],
    ["/explore/more", "", { page: "missing" }],
    ["/operations/", "", { page: "operations" }],
    ["/operations/more", "", { page: "missing" }],
    [
      "/s/BTC-USD",
      "?interval=7m",
      { page: "symbol", symbol: "BTC-USD", interval: null, search: "?interval=7m" },
    ],
    [
      "/s/BTC/USDT:USDT",
      "",
      { page: "symbol", symbol: "BTC/USDT:USDT", interval: null, search: "" },
    ],
    ["/s/BRK.B/", "", { page: "symbol", symbol: "BRK.B", interval: null, search: "" }],
    ["/s/a%20b", "", { page: "symbol", symbol: "a b", interval: null, search: "" }],
    ["/s/e%CC%81", "", { page: "symbol", symbol: "\u00e9", interval: null, search: "" }],
    ["/s/", "", { page: "missing" }],
    ["/s/%E0%A4%A", "", { page: "missing" }],
    ["/nowhere", "", { page: "missing" }],
  ])("%s%s", (pathname, search, route) => {
    expect(routeOf(pathname, search)).toEqual(route);
  });
});

test("a trade of long ago is told by its date, one of today by its time", () => {
  const at = Date.UTC(2020, 3, 17, 12) * 1_000;
  expect(formatMoment(at, Date.UTC(2026, 0, 1), "UTC")).toBe("17 Apr 20");
  expect(formatMoment(at, Date.UTC(2020, 3, 17, 13), "Asia/Kolkata")).toBe("17:30:00");
});

describe("numbers", () => {
  test.each([
    [0.0123, "+1.23 %"],
    [-0.5, "−50.00 %"],
    [-0.00001, "0.00 %"],
    [1e11, "+10.00T %"],
  ])("change %d is %s", (change, text) => {
    expect(formatChange(change)).toBe(text);
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

test.each([
  ["a volume", formatVolume, "−1.23M", -1_234_567],
  ["a small volume", formatVolume, "−0.2500", -0.25],
  ["a tiny value", formatValue, "−1.25e-10", -1.25e-10],
  ["a size", (size: number) => formatSize(size, digitsOf([size])), "−12.5", -12.5],
  ["a price", formatPrice, "−37.63", -37.63],
] as const)(
  "%s below nothing has the sign of minus, and no hyphen before it",
  (_, write, text, value) => {
    expect(write(value)).toBe(text);
  },
);

test("what was won or lost has its sign, and nothing has none", () => {
  expect([1_234_567, -132_730, 0.25, 0, -0.00001].map(formatGain)).toEqual([
    "+1.23M",
    "−132.73K",
    "+0.2500",
    "0",
    "−0.00001",
  ]);
});

describe("spans and parts", () => {
  test.each([
    [0, "0 µs"],
    [640, "640 µs"],
    [12_340, "12.3 ms"],
    [4.2e6, "4.20 s"],
    [185e6, "3 min 5 s"],
    [7_800e6, "2 h 10 min"],
    [-2_400, "−2.40 ms"],
  ])("something that took %d µs took %s", (us, text) => {
    expect(formatSpan(us)).toBe(text);
  });

  test.each([
    [1e3, "1 ms"],
    [250e3, "250 ms"],
    [15e6, "15 s"],
    [90e6, "90 s"],
    [1_800e6, "30 min"],
    [43_200e6, "12 h"],
    [604_800e6, "7 d"],
    [7, "7 µs"],
  ])("points %d µs apart are %s apart", (us, text) => {
    expect(formatStep(us)).toBe(text);
  });

  test.each([
    [0.0003971, "0.03971 %"],
    [-0.0107, "−1.070 %"],
    [0, "0 %"],
  ])("a part of %d is %s", (part, text) => {
    expect(formatPercent(part)).toBe(text);
  });
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
    expect(netPosition(positions, 12)).toEqual({
      quantity: 3,
      average: null,
      gain: 5 * 2 + -2 * -2,
    });
    expect(netPosition(positions, null)).toEqual({ quantity: 3, average: null, gain: null });
  });

  test("costs what was paid on average, where all hold on one side", () => {
    const positions = addPositions(NO_POSITIONS, [
      held("a", -1, 10),
      held("b", -3, 14),
      held("c", 0),
    ]);
    expect(netPosition(positions, 12)).toEqual({ quantity: -4, average: 13, gain: 4 });
    const flat = addPositions(NO_POSITIONS, [held("a", 0, 10)]);
    expect(netPosition(flat, 12)).toEqual({ quantity: 0, average: null, gain: 0 });
  });

  test("has no gain where somebody did not say what he paid, and is nothing where nobody holds", () => {
    const positions = addPositions(NO_POSITIONS, [held("a", 5, 10), held("b", 1)]);
    expect(netPosition(positions, 12)).toEqual({ quantity: 6, average: null, gain: null });
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
    imbalance: -0.25,
    spread: { amount: 2, share: 0.02 },
  });
  expect(ladderOf({ bids, asks: [] }, 9).spread).toBeNull();
  expect(ladderOf({ bids: [[-3, 1]], asks: [[-2, 1]] }, 9).spread).toEqual({
    amount: 1,
    share: null,
  });
});

test("a change that is written as none has the colour of none", () => {
  const changes = [0.00003, -0.00003, 0.0001, -0.0001, null];
  expect(changes.map(changeClass)).toEqual(["", "", "is-up", "is-down", ""]);
});
