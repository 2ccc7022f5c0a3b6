import type { Against, NoSlippage, Slippage } from "../../protocol/answers/orders.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { decimalOf, differenceOf, numberOf, sumOf } from "../attribution/decimal.ts";
import { filledOf, newestSaid } from "./fills.ts";

/** The best prices of a book's sample; null where a side is empty. */
export interface BestPrices {
  ts: EpochUs;
  bid: number | null;
  ask: number | null;
}

export type SlippageReading =
  | { kind: "known"; slippage: Slippage }
  | { kind: "unknown"; reason: NoSlippage };

/** When an order was sent; where nobody said, its first state is. `states`: of one order, in time, at least one. */
export function sentUs(states: readonly OrderEvent[]): EpochUs {
  const sent = states.find(({ status }) => status === "sent") ?? states[0];
  return (sent as OrderEvent).ts;
}

/**
 * What a unit of an order cost more than the book's prices when the order was sent: above 0 is to its loss, on either side. `book`:
 * null where none was known. `states`: of one order, in time, at least one.
 */
export function slippageOf(
  states: readonly OrderEvent[],
  book: BestPrices | null,
): SlippageReading {
  const filled = states.findLast((state) => filledOf(state, states) !== undefined);
  const quantity = filled === undefined ? 0 : (filledOf(filled, states) ?? 0);
  if (quantity === 0) return { kind: "unknown", reason: "no_fill" };
  const side = newestSaid(states, "side");
  if (side === undefined) return { kind: "unknown", reason: "no_side" };
  const paid = filled?.avg_price;
  if (paid === undefined) return { kind: "unknown", reason: "no_price" };
  if (book === null) return { kind: "unknown", reason: "no_book" };
  const against = (price: number | null) => (price === null ? null : againstOf(paid, price, side));
  return {
    kind: "known",
    slippage: {
      ...{ quantity, avg_price: paid, book_ts: book.ts },
      mid: against(midOf(book)),
      opposite: against(side === "buy" ? book.ask : book.bid),
    },
  };
}

function midOf({ bid, ask }: BestPrices): number | null {
  if (bid === null || ask === null) return null;
  return numberOf(sumOf(decimalOf(bid), decimalOf(ask))) / 2;
}

function againstOf(paid: number, bookPrice: number, side: "buy" | "sell"): Against {
  const more = numberOf(differenceOf(decimalOf(paid), decimalOf(bookPrice)));
  const price = side === "buy" ? more : 0 - more;
  return {
    ...{ book_price: bookPrice, price },
    basis_points: bookPrice > 0 ? (price / bookPrice) * 10_000 : null,
  };
}
