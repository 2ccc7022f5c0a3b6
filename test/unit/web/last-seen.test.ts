import { describe, expect, it } from "vitest";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { LiveMarket } from "../../../web/data/market/live-market.ts";
import { lastSeenOf, seenNow } from "../../../web/data/symbols/last-seen.ts";
import type { ListedSymbol } from "../../../web/data/symbols/symbol-list.ts";
import { lastSeenStore } from "../../../web/feed/symbols/last-seen.ts";

const AT_US = 1_795_000_000_000_000 as EpochUs;
const AT_MS = AT_US / 1_000;

function listed(symbol: string, last: number, more: Partial<ListedSymbol> = {}): ListedSymbol {
  return {
    ...{ symbol: symbol as SymbolName, last, last_ts: AT_US, last_event: AT_US },
    ...{ change: 0.25, volume: 5, viewers: 1 },
    ...{ direction: "up", moves: 3, trail: [1, 2] },
    ...more,
  };
}

function traded(symbol: string, price: number, ts: number) {
  const market = new LiveMarket();
  const event = { kind: "trade", symbol, price, size: 1, ts };
  market.take({ rooms: [{ symbol, events: [event], whole: true }] } as never);
  return market.symbols;
}

describe("what is kept of a list", () => {
  it("has the price that the stream told last, and its change over the day", () => {
    const live = traded("A", 110, AT_US + 1e6);
    const { atMs, list } = seenNow([listed("A", 100), listed("B", 7)], live, AT_MS);
    expect(atMs).toBe(AT_MS);
    expect(list.map(({ last, last_ts: ts }) => [last, ts])).toEqual([
      [110, AT_US + 1e6],
      [7, AT_US],
    ]);
    // The digits of a price are those that were seen.
    expect(list.map(({ trail }) => trail)).toEqual([[110], [2]]);
    // 80 a day before.
    expect(list[0]?.change).toBeCloseTo(0.375);
    expect(list[1]?.change).toBe(0.25);
  });

  it("keeps the list's price where that is the newer one, and nothing that moves", () => {
    const live = traded("A", 110, AT_US - 1e6);
    const { list } = seenNow([listed("A", 100)], live, AT_MS);
    expect(list).toEqual([{ ...listed("A", 100), moves: 0, trail: [2] }]);
  });

  it("is a trade's price, and no longer that of an imported bar", () => {
    const bar = listed("A", 100, { last_interval: "1d" });
    const { list } = seenNow([bar], traded("A", 110, AT_US + 1), AT_MS);
    expect(list[0]).not.toHaveProperty("last_interval");
  });

  it("is read as it was kept, and whatever else stands there is nothing", () => {
    const seen = seenNow([listed("A", 100)], new Map(), AT_MS);
    expect(lastSeenOf(JSON.stringify(seen))).toEqual(seen);
    for (const text of [null, "", "{", "null", "[]", '{"atMs":1}', '{"list":[]}', "7"]) {
      expect(lastSeenOf(text), String(text)).toBeNull();
    }
  });
});

describe("the place of what is kept", () => {
  const seen = seenNow([listed("A", 100)], new Map(), AT_MS);

  it("is the tab where a token reads, and the browser where anybody may", () => {
    const { store, tab, browser, as } = world();
    as("a token");
    store.keep(seen);
    expect([tab.size, browser.size]).toEqual([1, 0]);
    expect(store.read()).toEqual(seen);
    // Who has no token sees nothing of it.
    as(null);
    expect(store.read()).toBeNull();
    store.keep(seen);
    expect([tab.size, browser.size]).toEqual([1, 1]);
    store.forget();
    expect([tab.size, browser.size]).toEqual([0, 0]);
  });

  it("may be none: a browser that keeps nothing says so by throwing", () => {
    const refuse = () => {
      throw new Error("SecurityError");
    };
    const store = lastSeenStore({ token: () => null, tab: refuse, browser: refuse });
    store.keep(seen);
    store.forget();
    expect(store.read()).toBeNull();
  });

  function world() {
    let token: string | null = null;
    const storage = (kept: Map<string, string>) => ({
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => void kept.set(key, text),
      removeItem: (key: string) => void kept.delete(key),
    });
    const [tab, browser] = [new Map<string, string>(), new Map<string, string>()];
    const store = lastSeenStore({
      ...{ token: () => token, tab: () => storage(tab), browser: () => storage(browser) },
    });
    const as = (next: string | null) => {
      token = next;
    };
    return { store, tab, browser, as };
  }
});
