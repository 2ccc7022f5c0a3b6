import { expect, test } from "vitest";
import { ImportedPrices } from "../../../../durable/host/symbols/imported-prices.ts";
import type { SymbolSummary } from "../../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";

const MOST = 10_000;
const nameOf = (nth: number) => `S-${nth}` as SymbolName;
const lineOf = (symbol: SymbolName) => ({ symbol, last: 1 }) as SymbolSummary;

test("I-12: it is remembered of the 10,000 symbols that bars were posted for last", async () => {
  let nowMs = 1_000;
  const prices = new ImportedPrices({
    read: async () => new Map(),
    nowMs: () => nowMs,
    failed: (error) => expect.fail(String(error)),
  });
  const names = Array.from({ length: MOST + 2 }, (_, nth) => nameOf(nth));
  prices.posted(names.slice(0, MOST));
  nowMs = 2_000;
  // It is among the newest again, and so the two after it are the oldest.
  prices.posted([nameOf(0)]);
  prices.posted(names.slice(MOST));
  const { lines } = await prices.fill(names.map(lineOf));
  const told = new Map(lines.map(({ symbol, bars_posted }) => [symbol, bars_posted]));
  expect([1, 2, 3, 0, MOST, MOST + 1].map((nth) => told.get(nameOf(nth)))).toEqual([
    ...[undefined, undefined, 1e6, 2e6, 2e6, 2e6],
  ]);
});

test("I-12: each posting has a moment of its own, also where the clock was turned back", async () => {
  let nowMs = 5_000;
  const prices = new ImportedPrices({
    read: async () => new Map(),
    nowMs: () => nowMs,
    failed: (error) => expect.fail(String(error)),
  });
  const postedAt = async () => (await prices.fill([lineOf(nameOf(1))])).lines[0]?.bars_posted;
  prices.posted([nameOf(1)]);
  expect(await postedAt()).toBe(5e6);
  nowMs = 1_000;
  prices.posted([nameOf(1)]);
  expect(await postedAt()).toBe(5e6 + 1);
});
