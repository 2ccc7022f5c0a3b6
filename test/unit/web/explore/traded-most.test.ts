import { describe, expect, test } from "vitest";
import { EMPTY_PANEL, exampleOf } from "../../../../web/data/explore/explore-state.ts";
import type { ListedSymbol } from "../../../../web/data/symbols/symbol-list.ts";
import { pricedOf, tradedMost } from "../../../../web/data/symbols/traded-most.ts";

describe("the symbols that are looked at where nobody has chosen", () => {
  test("are those with the largest turnover, in the order of the list", () => {
    const list = Array.from({ length: 15 }, (_, at) => ({
      ...{ symbol: `S${at}`, last: at === 1 ? null : at === 2 ? -100 : 1, volume: at },
    })) as unknown as ListedSymbol[];
    expect(tradedMost(list, 9)).toEqual([
      ...["S2", "S7", "S8", "S9", "S10", "S11", "S12", "S13", "S14"],
    ]);
    expect(pricedOf(list)).toHaveLength(14);
  });

  test("are drawn by how they have moved, and where nothing has a price there is a choice", () => {
    const listed = (symbol: string, last: number | null) =>
      ({ symbol, last, volume: 1 }) as ListedSymbol;
    expect(exampleOf([listed("ACME", null)])).toEqual(EMPTY_PANEL);
    expect(exampleOf([listed("ACME", null), listed("BTC-USD", 9), listed("ETH-USD", 3)])).toEqual({
      ...EMPTY_PANEL,
      ...{ symbols: ["BTC-USD", "ETH-USD"], of: "change" },
    });
  });
});
