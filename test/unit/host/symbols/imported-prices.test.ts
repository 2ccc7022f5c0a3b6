import { expect, test } from "vitest";
import { ImportedPrices } from "../../../../durable/host/symbols/imported-prices.ts";
import type { SymbolSummary } from "../../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";

const NOW_MS = 1_000;
/** As many as are remembered. */
const MOST = 10_000;

function pricesOf(): ImportedPrices {
  return new ImportedPrices({
    read: async () => new Map(),
    nowMs: () => NOW_MS,
    failed(error) {
      throw error;
    },
  });
}

/** Which of the symbols are said to have had bars posted. */
async function toldOf(prices: ImportedPrices, symbols: readonly string[]): Promise<string[]> {
  const { lines } = await prices.fill(symbols.map(lineOf));
  return lines.filter((line) => line.bars_posted !== undefined).map(({ symbol }) => symbol);
}

function lineOf(symbol: string): SymbolSummary {
  return {
    ...{ symbol: symbol as SymbolName, last: 1, change: null, volume: 0 },
    ...{ last_ts: null, last_event: null, viewers: 0 },
  };
}

function named(from: number, count: number): SymbolName[] {
  return Array.from({ length: count }, (_, at) => `S${from + at}` as SymbolName);
}

test("when bars were posted is remembered of the 10,000 symbols posted last, whatever came at once", async () => {
  const prices = pricesOf();
  prices.posted(named(0, MOST));
  expect(await toldOf(prices, named(0, MOST))).toHaveLength(MOST);
  prices.posted(named(MOST, 1));
  expect(await toldOf(prices, ["S0", "S1", `S${MOST}`])).toEqual(["S1", `S${MOST}`]);
  prices.posted(named(20_000, MOST + 3));
  const first = ["S20002", "S20003"];
  expect(await toldOf(prices, ["S1", `S${MOST}`, ...first])).toEqual(["S20003"]);
});

test("a symbol posted again is the one posted last, and outlasts those posted since its first time", async () => {
  const prices = pricesOf();
  prices.posted(named(0, MOST));
  prices.posted(named(0, 1));
  prices.posted(named(MOST, 1));
  expect(await toldOf(prices, ["S0", "S1", "S2"])).toEqual(["S0", "S2"]);
});
