import { numberedSymbols } from "../../bench.ts";
import { type Door, startFeed } from "./steady-feed.ts";

const SYMBOLS = numberedSymbols(500);
const EVENTS_PER_SECOND = 5_000;
const SYMBOLS_A_POST = 100;

/** 5,000 trades a second in 500 symbols, 100 symbols a post. `name`: no other feed of the product may have it. */
export function startMarketFeed(product: Door, name: string): { stop(): Promise<void> } {
  return startFeed(product, (1_000 * SYMBOLS_A_POST) / EVENTS_PER_SECOND, (beat) => {
    const first = (beat * SYMBOLS_A_POST) % SYMBOLS.length;
    const events = SYMBOLS.slice(first, first + SYMBOLS_A_POST).map((symbol, at) => ({
      ...{ symbol, price: 100 + ((beat * 7 + at) % 400) / 100, size: 1 },
      id: `${name}${beat}-${at}`,
    }));
    return [{ path: "/api/trades", events }];
  });
}
