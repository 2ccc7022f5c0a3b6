import type { TradeEvent } from "../../protocol/events/event.ts";
import { tradeKey } from "./encode-events.ts";
import type { LoggedEvent } from "./tail-merge.ts";

/**
 * The newest trades of what Postgres has and of a room's tail, each once (SPEC I-7), the newest first and at one moment the last in the log first.
 * `stored`: in that order, and of the oldest moment also those that the tail has again; `tail`: in the order of the log, and all of it is behind what is stored.
 */
export function newestTrades(
  stored: readonly LoggedEvent[],
  tail: readonly LoggedEvent[],
  limit: number,
): TradeEvent[] {
  const keys = new Set<string>();
  const trades: TradeEvent[] = [];
  for (const { event } of [...stored.toReversed(), ...tail]) {
    const key = tradeKey(event);
    if (event.kind !== "trade" || (key !== null && keys.has(key))) continue;
    if (key !== null) keys.add(key);
    trades.push(event);
  }
  return trades
    .sort((a, b) => a.ts - b.ts)
    .slice(-limit)
    .reverse();
}
