import type { OrderEvent } from "../../protocol/events/order.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import {
  type Decimal,
  decimalOf,
  differenceOf,
  numberOf,
  signOf,
  sumOf,
  ZERO,
} from "../attribution/decimal.ts";
import { fillsOf, newestSaid } from "./fills.ts";

/** What an account held from a moment on. */
export interface Held {
  ts: EpochUs;
  quantity: number;
}

/** Between two states of a position. */
export interface ReconciledStep {
  from_ts: EpochUs;
  to_ts: EpochUs;
  /** By how much the position changed, */
  change: number;
  /** how much of that the fills of orders are, */
  filled: number;
  /** and what is left: change less filled. */
  unexplained: number;
}

export interface Reconciliation {
  /** The first and the last state of the position and what is between them; null where there are no two of them. */
  whole: ReconciledStep | null;
  /** The steps whose change the fills do not explain. */
  steps: ReconciledStep[];
  /** Filled after the last state, so that no position has it yet; without a position all that was filled. */
  filled_since: number;
  /** Fills of orders whose side nobody said: they count nowhere. */
  fills_without_side: number;
}

/**
 * What the fills of an account's orders explain of its position, and what they do not. A fill belongs to the step in whose
 * (from, to] it is. `held`: in time. `orders`: the states of each order, in time.
 */
export function reconcile(
  held: readonly Held[],
  orders: readonly (readonly OrderEvent[])[],
  range: { fromUs: EpochUs; toUs: EpochUs },
): Reconciliation {
  const fills: { ts: EpochUs; quantity: Decimal }[] = [];
  let withoutSide = 0;
  // The first step begins before the range where the position does.
  const fromUs =
    held.length < 2 ? range.fromUs : Math.min(range.fromUs, held[0]?.ts ?? range.fromUs);
  for (const states of orders) {
    const side = newestSaid(states, "side");
    for (const { ts, quantity } of fillsOf(states)) {
      if (ts <= fromUs || ts > range.toUs) continue;
      if (side === undefined) withoutSide += 1;
      else fills.push({ ts, quantity: decimalOf(side === "buy" ? quantity : -quantity) });
    }
  }
  const filledBy = sumsOf(fills);
  const filledIn = (fromUs: number, toUs: number) => differenceOf(filledBy(toUs), filledBy(fromUs));
  const stepOf = (before: Held, after: Held): ReconciledStep => {
    const change = differenceOf(decimalOf(after.quantity), decimalOf(before.quantity));
    const filled = filledIn(before.ts, after.ts);
    const unexplained = differenceOf(change, filled);
    return {
      ...{ from_ts: before.ts, to_ts: after.ts, change: numberOf(change) },
      ...{
        filled: numberOf(filled),
        unexplained: signOf(unexplained) === 0 ? 0 : numberOf(unexplained),
      },
    };
  };
  const [first] = held;
  const last = held.at(-1);
  const steps = held.slice(1).map((after, at) => stepOf(held[at] as Held, after));
  return {
    whole:
      first === undefined || last === undefined || held.length < 2 ? null : stepOf(first, last),
    steps: steps.filter(({ unexplained }) => unexplained !== 0),
    filled_since: numberOf(filledIn(Math.max(last?.ts ?? fromUs, fromUs), range.toUs)),
    fills_without_side: withoutSide,
  };
}

/** How much was filled up to a moment, that itself included. */
function sumsOf(fills: { ts: EpochUs; quantity: Decimal }[]): (us: number) => Decimal {
  const sorted = fills.sort((a, b) => a.ts - b.ts);
  const sums: Decimal[] = [];
  for (const { quantity } of sorted) sums.push(sumOf(sums.at(-1) ?? ZERO, quantity));
  return (us) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] as { ts: number }).ts <= us) low = middle + 1;
      else high = middle;
    }
    return sums[low - 1] ?? ZERO;
  };
}
