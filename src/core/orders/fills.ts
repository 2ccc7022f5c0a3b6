import type { OrderEvent } from "../../protocol/events/order.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import {
  decimalOf,
  differenceOf,
  numberOf,
  productOf,
  signOf,
  ZERO,
} from "../attribution/decimal.ts";

/** What was filled between two states of an order. */
export interface Fill {
  ts: EpochUs;
  /** Below 0 where a later state says that less was filled. */
  quantity: number;
  /** What a unit cost on average; null where it was not said. */
  price: number | null;
}

/**
 * The fills of an order, as its states tell them: `filled` and `avg_price` are of all so far, so a fill is what they grew by. A
 * `filled` state that does not say how much means all of the quantity that was said. `states`: of one order, in time.
 */
export function fillsOf(states: readonly OrderEvent[]): Fill[] {
  const fills: Fill[] = [];
  let filledBefore = ZERO;
  /** Null where what was filled so far did not say what it cost. */
  let paidBefore: typeof ZERO | null = ZERO;
  for (const state of states) {
    const said = filledOf(state, states);
    if (said === undefined) continue;
    const filled = decimalOf(said);
    const grown = differenceOf(filled, filledBefore);
    const paid: typeof ZERO | null =
      state.avg_price !== undefined
        ? productOf(filled, decimalOf(state.avg_price))
        : signOf(filled) === 0
          ? ZERO
          : null;
    if (signOf(grown) !== 0) {
      const price =
        paid === null || paidBefore === null
          ? null
          : numberOf(differenceOf(paid, paidBefore)) / numberOf(grown);
      fills.push({ ts: state.ts, quantity: numberOf(grown), price });
      paidBefore = paid;
    } else if (paid !== null) {
      paidBefore = paid;
    }
    filledBefore = filled;
  }
  return fills;
}

/** How much of an order one of its states says is filled; undefined where it says nothing of that. */
export function filledOf(
  { filled, status }: OrderEvent,
  states: readonly OrderEvent[],
): number | undefined {
  return filled ?? (status === "filled" ? newestSaid(states, "quantity") : undefined);
}

/** What the newest state that says a field says; undefined where none does. */
export function newestSaid<Field extends "side" | "quantity">(
  states: readonly OrderEvent[],
  field: Field,
): OrderEvent[Field] {
  return states.findLast((state) => state[field] !== undefined)?.[field];
}
