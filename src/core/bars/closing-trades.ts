import type { TradeEvent } from "../../protocol/events/event.ts";
import { floorUs } from "../time/duration.ts";

/**
 * Those of a tail's trades that a close can rest on, in their order: of each bucket the ones at its
 * last moment, for among those one may repeat a stored trade, which then counts at the same moment.
 * Trades before `rawSinceUs` all stay, as some of them may count nowhere (SPEC K-1), and then an
 * earlier one is the last.
 */
export function closingTrades<Tailed extends { trade: TradeEvent }>(
  tail: readonly Tailed[],
  lengthUs: number,
  rawSinceUs: number,
): Tailed[] {
  const lastUs = new Map<number, number>();
  for (const { trade } of tail) {
    const bucketUs = floorUs(trade.ts, lengthUs);
    lastUs.set(bucketUs, Math.max(trade.ts, lastUs.get(bucketUs) ?? trade.ts));
  }
  return tail.filter(
    ({ trade: { ts } }) => ts < rawSinceUs || ts === lastUs.get(floorUs(ts, lengthUs)),
  );
}
