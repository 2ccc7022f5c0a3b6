import { describe, expect, test } from "vitest";
import type { AlertEvent } from "../../../../src/protocol/events/alert.ts";
import type { TapeEvent } from "../../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { openPositions } from "../../../../web/data/market/desk-figures.ts";
import { feedAges } from "../../../../web/data/market/feed-ages.ts";
import { activeAlerts } from "../../../../web/data/market/live-alerts.ts";
import { LiveMarket } from "../../../../web/data/market/live-market.ts";

const at = (ts: number) => ts as EpochUs;
const trade = (price: number, ts: number): TapeEvent => ({
  ...{ kind: "trade", price, size: 1, ts: at(ts) },
});
const position = (quantity: number, account?: string): TapeEvent => ({
  ...{ kind: "position", quantity, ts: at(1), ...(account !== undefined && { account }) },
});
const book = (bids: [number, number][], asks: [number, number][]): TapeEvent => ({
  ...{ kind: "book", type: "snapshot", bids, asks, ts: at(2) },
});
const room = (symbol: string, events: TapeEvent[], whole?: true) => ({
  ...{ symbol: symbol as SymbolName, cursor: 1 as Cursor, events },
  ...(whole && { whole }),
});

describe("ST-10 the market of the page", () => {
  test("keeps the last values of each symbol, and says which have changed", () => {
    const market = new LiveMarket();
    const changed = market.take({
      rooms: [room("A", [trade(1, 5), book([[0.9, 1]], [[1.1, 1]])], true), room("B", [], true)],
    });
    expect(changed).toEqual(["A", "B"]);
    market.take({ rooms: [room("A", [trade(2, 1e6 + 5)])] });
    const live = market.symbols.get("A");
    expect(live).toMatchObject({
      trade: { price: 2, ts: 1e6 + 5 },
      spread: { bid: 0.9, ask: 1.1 },
    });
    expect(live).toMatchObject({ direction: "up", moves: 1, eventUs: 1e6 + 5 });
    market.take({ rooms: [room("A", [book([], [[1.1, 1]])])] });
    expect(market.symbols.get("A")?.spread).toBeNull();
  });

  test("lets go of all that was known where a room is whole, and still tells how the price moved", () => {
    const market = new LiveMarket();
    const alert = { kind: "alert", rule: "r", ts: at(3) } as AlertEvent;
    market.take({ rooms: [room("A", [trade(5, 1), position(3, "x"), alert], true)] });
    market.take({ rooms: [room("A", [position(1, "y")], true)] });
    const live = market.symbols.get("A");
    expect(live?.trade).toBeNull();
    expect([...(live?.positions.keys() ?? [])]).toEqual(["y"]);
    expect(live?.alerts.size).toBe(0);
    market.take({ rooms: [room("A", [trade(4, 1e6 + 1)])] });
    expect(market.symbols.get("A")).toMatchObject({ direction: "down", moves: 1 });
  });

  test("sees a price move at most once a second, from where it was seen last", () => {
    const market = new LiveMarket();
    const movesAfter = (price: number, ts: number) => {
      market.take({ rooms: [room("A", [trade(price, ts)])] });
      const { moves, direction, trade: last } = market.symbols.get("A") ?? {};
      return [last?.price, moves, direction];
    };
    expect(movesAfter(5, 0)).toEqual([5, 0, "same"]);
    expect(movesAfter(6, 1e6)).toEqual([6, 1, "up"]);
    expect(movesAfter(5, 1.5e6)).toEqual([5, 1, "up"]);
    expect(movesAfter(6, 2.1e6)).toEqual([6, 1, "up"]);
    expect(movesAfter(4, 2.2e6)).toEqual([4, 2, "down"]);
  });

  test("keeps alerts apart whose names and series would read the same in a row", () => {
    const market = new LiveMarket();
    const alert = (rule: string, series?: string) =>
      ({ kind: "alert", rule, ts: at(3), ...(series !== undefined && { series }) }) as AlertEvent;
    market.take({ rooms: [room("A", [alert("a", "b c"), alert("a b", "c"), alert("a b c")])] });
    expect(market.symbols.get("A")?.alerts.size).toBe(3);
  });

  test("counts open positions by account, closed ones not, and knows none where nobody has said", () => {
    const market = new LiveMarket();
    market.take({ rooms: [room("A", [trade(1, 1)], true)] });
    expect(openPositions(market.symbols)).toBeNull();
    market.take({ rooms: [room("A", [position(3), position(-1, "x")]), room("B", [position(0)])] });
    expect(openPositions(market.symbols)).toEqual({ long: 1, short: 1, symbols: ["A", "B"] });
  });
});

describe("alerts of the market", () => {
  const known = {
    ...({ symbol: "A" as SymbolName, rule: "r", state: "pending", since: at(10) } as const),
    ...({ value: 1, severity: "warning", message: "m" } as const),
  };
  const told = (state: AlertEvent["state"], ts: number, series?: string): AlertEvent => ({
    ...{ kind: "alert", rule: "r", ts: at(ts), from: "pending", state, severity: "warning" },
    ...{ message: "m", value: 2, ...(series !== undefined && { series }) },
  });
  const symbolsWith = (...alerts: AlertEvent[]) =>
    new Map([["A", { alerts: new Map(alerts.map((alert, i) => [`${i}`, alert])) }]]);

  test("are those of the answer, as the stream has changed them since", () => {
    const firing = activeAlerts([known], symbolsWith(told("firing", 11)));
    expect(firing).toEqual([{ ...known, state: "firing", since: 11, value: 2 }]);
    expect(activeAlerts([known], symbolsWith(told("inactive", 11)))).toEqual([]);
    expect(activeAlerts([], symbolsWith(told("pending", 5)))).toHaveLength(1);
    expect(activeAlerts([known], symbolsWith(told("firing", 11, "cpu")))).toHaveLength(2);
  });

  test("are those of the answer where it is newer than the stream", () => {
    expect(activeAlerts([known], symbolsWith(told("inactive", 10)))).toEqual([known]);
  });
});

test("feeds that were silent for a minute are told, the newest first, and those of other days not", () => {
  const nowMs = 200_000_000;
  const ago = (symbol: string, seconds: number) => ({
    ...{ symbol, eventUs: (nowMs - seconds * 1_000) * 1_000 },
  });
  const none = { symbol: "N", eventUs: null };
  const feeds = [ago("A", 59), ago("B", 3_600), ago("C", 61), ago("D", 90_000), none];
  const { fresh, silent } = feedAges(feeds, nowMs);
  expect(fresh).toBe(1);
  expect(silent.map(({ symbol }) => symbol)).toEqual(["C", "B"]);
});
