import type { ProductTarget } from "../../targets/target.ts";
import { postEvents } from "./steady-feed.ts";

const MINUTE_US = 60_000_000;
/** Of a post. */
const BARS = 1_000;

/**
 * Posts `count` bars of a minute, one after the other up to now, whose prices walk at random from a fixed seed. Returns the last price.
 */
export async function fillBars(
  product: ProductTarget,
  symbol: string,
  count: number,
): Promise<number> {
  const newest = Math.floor((Date.now() * 1_000) / MINUTE_US - 2) * MINUTE_US;
  const random = seeded(7);
  let price = 1_000;
  for (let at = 0; at < count; at += BARS) {
    const bars = Array.from({ length: Math.min(BARS, count - at) }, (_, i) => {
      const open = price;
      price = cents(Math.max(10, price + (random() - 0.5) * 2));
      return {
        ...{ symbol, interval: "1m", ts: newest - (count - 1 - at - i) * MINUTE_US },
        ...{ open, close: price, volume: Math.ceil(random() * 500) },
        ...{ high: cents(Math.max(open, price) + random()) },
        ...{ low: cents(Math.min(open, price) - random()) },
      };
    });
    await postEvents(product, { path: "/api/bars", events: bars });
  }
  return price;
}

function cents(price: number): number {
  return Math.round(price * 100) / 100;
}

/** A generator of Lehmer's. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
