import { describe, expect, test } from "vitest";
import type { SymbolSummary } from "../../../../src/protocol/answers/answers.ts";
import { rowFigures } from "../../../../web/data/market/row-figures.ts";
import {
  inOrder,
  isUnsorted,
  rowChoiceOf,
  SORT_S,
  sortedBy,
  starred,
} from "../../../../web/data/market/row-order.ts";
import { type ListedSymbol, nextList } from "../../../../web/data/symbols/symbol-list.ts";

const NOW_MS = Date.UTC(2026, 5, 2, 12);
const BY_NAME = rowChoiceOf(null);

function summary(symbol: string, more: Partial<SymbolSummary> = {}): SymbolSummary {
  return {
    ...{ symbol, last: null, last_ts: null, last_event: null, change: null, volume: 0, viewers: 0 },
    ...more,
  } as SymbolSummary;
}

const priced = (last: number, agoS: number, volume = 1) => {
  const ts = (NOW_MS - agoS * 1_000) * 1_000;
  return {
    last,
    last_ts: ts,
    last_event: ts,
    change: last / 1e3,
    volume,
  } as Partial<SymbolSummary>;
};

const LIST = nextList(
  [],
  [
    summary("_system", { last_event: (NOW_MS - 1_000) * 1_000 } as Partial<SymbolSummary>),
    summary("A", priced(2, 30, 500)),
    summary("B", { viewers: 3 }),
    summary("C", priced(10, 10, 70)),
    summary("D", priced(2, 20, 9)),
  ],
);
const SPREADS = new Map([
  ["A", { bid: 1, ask: 1.5 }],
  ["D", { bid: 1, ask: 1.1 }],
]);

function ordered(choice: Parameters<typeof inOrder>[1], list: readonly ListedSymbol[] = LIST) {
  const rows = inOrder(list, choice, (listed) => ({
    ...rowFigures(listed, undefined, undefined, NOW_MS),
    spread: SPREADS.get(listed.symbol) ?? null,
  }));
  return rows.map(({ symbol }) => symbol).join(" ");
}

describe("rows of the market", () => {
  test("stand by name until another column is chosen", () => {
    expect(ordered(BY_NAME)).toBe("A B C D _system");
    expect(ordered(BY_NAME)).toBe(LIST.map(({ symbol }) => symbol).join(" "));
  });

  test.each([
    ["Symbol", "D C B A _system", "A B C D _system"],
    ["Last", "C A D B _system", "A D C B _system"],
    ["Change 24 h", "C A D B _system", "A D C B _system"],
    ["Volume 24 h", "A C D B _system", "D C A B _system"],
    ["Spread", "A D B C _system", "D A B C _system"],
    ["Viewers", "B A C D _system", "B A C D _system"],
    ["Last event", "_system C D A B", "A D C _system B"],
  ] satisfies [string, string, string][])(
    "a press on %s sorts by it, a second turns it, and what has no value is last in both",
    (column, first, second) => {
      const once = sortedBy(BY_NAME, column);
      const twice = sortedBy(once, column);
      expect([ordered(once), ordered(twice)]).toEqual([first, second]);
      expect(sortedBy(twice, column)).toEqual(once);
    },
  );

  test("favourites stand first, sorted among themselves, and a second star takes the first away", () => {
    const stars = ["B", "D", "A"].reduce(starred, sortedBy(BY_NAME, "Last"));
    expect(ordered(stars)).toBe("A D B C _system");
    expect(ordered(sortedBy(stars, "Last"))).toBe("A D B C _system");
    expect(ordered(["B", "D", "A"].reduce(starred, stars))).toBe("C A D B _system");
  });

  test("stand still until the next sorting is due, at a choice, or where a symbol or the stream comes", () => {
    const places = new Map(LIST.map(({ symbol }, place) => [symbol, place]));
    const now = { choice: BY_NAME, isLive: true, atMs: NOW_MS };
    const last = { ...now, places };
    const isDue = (change: Partial<typeof now>, count = LIST.length) =>
      isUnsorted(last, { ...now, ...change }, count);
    const dueMs = NOW_MS + SORT_S * 1_000;
    expect(isUnsorted(null, now, 1)).toBe(true);
    expect([isDue({ atMs: dueMs - 1 }), isDue({ atMs: dueMs })]).toEqual([false, true]);
    expect([isDue({ choice: { ...BY_NAME } }), isDue({ isLive: false })]).toEqual([true, true]);
    expect([isDue({}, LIST.length - 1), isDue({}, LIST.length + 1)]).toEqual([false, true]);
  });

  test("what the browser has kept is the choice again, and what is none is passed over", () => {
    const choice = starred(sortedBy(BY_NAME, "Volume 24 h"), "A");
    expect(rowChoiceOf(JSON.stringify(choice))).toEqual(choice);
    for (const kept of [null, "", "{", "null", "[]", '{"column":"Last"}'])
      expect(rowChoiceOf(kept), String(kept)).toEqual(BY_NAME);
  });
});
