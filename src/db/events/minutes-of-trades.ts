import { bucketStartUs, extendBar, type GrowingBar, openBar } from "../../core/bars/bars.ts";
import type { TradeEvent } from "../../protocol/events/event.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

/** The 1 m bars from `fromUs` on of all trades that there are since then, oldest first, as Postgres would make them. */
export function minutesOfTrades(newestFirst: readonly TradeEvent[], fromUs: EpochUs): GrowingBar[] {
  const minutes: GrowingBar[] = [];
  for (const trade of newestFirst.toReversed()) {
    if (trade.ts < fromUs) continue;
    const last = minutes.at(-1);
    if (last?.ts !== bucketStartUs(trade.ts, "1m")) minutes.push(openBar(trade, "1m"));
    else minutes[minutes.length - 1] = extendBar(last, trade);
  }
  return minutes;
}
