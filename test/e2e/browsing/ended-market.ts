import { backfill } from "../../../dev/demo/backfill.ts";
import { Market } from "../../../dev/demo/market/market.ts";
import type { BrowsedProduct } from "./browsed-product.ts";

/** Half an hour of the demo's market, up to this moment and no further: what pages show of it does not move. */
export async function pushEndedMarket(browsed: BrowsedProduct, untilUs: number): Promise<void> {
  const market = new Market({ seed: "1", tradesPerSecond: 60 });
  const push = (path: string, events: readonly object[]) => browsed.push(path, events);
  await backfill({ push, onPushed() {} }, market, untilUs - 1_800e6, untilUs);
}
