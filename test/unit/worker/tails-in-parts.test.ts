import { expect, it } from "vitest";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { inParts } from "../../../src/reads/analytics/symbol-closes.ts";

const symbols = Array.from({ length: 50 }, (_, n) => `S${n}` as SymbolName);
const trade = { kind: "trade", ts: 1 as EpochUs, price: 1, size: 1 } as const;

/** Rooms whose tails have so many trades each. */
async function read(trades: number) {
  const seen = { tails: 0, mostTails: 0, held: 0, mostHeld: 0, statements: 0 };
  const found = await inParts(symbols, {
    take: async (symbol) => {
      seen.tails += 1;
      seen.mostTails = Math.max(seen.mostTails, seen.tails);
      await Promise.resolve();
      seen.tails -= 1;
      seen.held += trades;
      seen.mostHeld = Math.max(seen.mostHeld, seen.held);
      const tail = Array.from({ length: trades }, () => ({ cursor: 1 as Cursor, trade }));
      return { tailed: { symbol, storedThrough: 0 as Cursor, tail } };
    },
    query: async (part) => {
      seen.statements += 1;
      seen.held = 0;
      return part.map(({ tailed }) => tailed.symbol);
    },
  });
  expect(found).toEqual(symbols);
  return seen;
}

it("fifty short tails are two statements or three, two tails at once", async () => {
  expect(await read(10)).toMatchObject({ mostTails: 2, statements: 3 });
});

it("fifty long ones are answered too, and few of them are in memory together", async () => {
  const { mostTails, mostHeld } = await read(20_000);
  expect({ mostTails, mostHeld }).toEqual({ mostTails: 2, mostHeld: 40_000 });
});
