import { type AsOf, isStale, type LastPrice } from "../symbols/last-price.ts";
import { newerTrade } from "../symbols/last-seen.ts";
import { type ListedPrice, listedPrice, type Past } from "../symbols/listed-price.ts";
import type { ListedSymbol } from "../symbols/symbol-list.ts";
import type { LiveSymbol } from "./live-market.ts";

/** What a row of the list tells of its symbol. */
export interface RowFigures
  extends ListedPrice,
    Pick<LiveSymbol, "moves" | "direction" | "spread"> {
  /** The price is not of now. */
  isOld: boolean;
  /** From when the newest of anything is. */
  event: AsOf | null;
}

/** The figures of a row: what the list says, and what the stream has told since. */
export function rowFigures(
  listed: ListedSymbol,
  past: Past | undefined,
  live: LiveSymbol | undefined,
  nowMs: number,
): RowFigures {
  const trade = newerTrade(listed, live);
  const traded: LastPrice | null =
    trade === null ? null : { price: trade.price, asOf: { kind: "moment", ts: trade.ts } };
  const { moves, direction } = live !== undefined && traded !== null ? live : listed;
  const price = listedPrice(listed, past, traded, nowMs);
  const { asOf } = price;
  const eventUs = Math.max(live?.eventUs ?? 0, listed.last_event ?? 0);
  return {
    ...{ ...price, moves, direction },
    isOld: asOf !== null && isStale(asOf, nowMs),
    event: eventUs === 0 ? asOf : { kind: "moment", ts: eventUs },
    spread: live?.spread ?? null,
  };
}
