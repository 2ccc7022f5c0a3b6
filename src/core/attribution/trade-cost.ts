import {
  type Decimal,
  decimalOf,
  differenceOf,
  productOf,
  signOf,
  sizeOf,
  ZERO,
} from "./decimal.ts";

/** What an account holds of a symbol from a moment on; `avgPrice` null: not said. */
export interface Holding {
  quantity: number;
  avgPrice: number | null;
}

export const NOTHING_HELD: Holding = { quantity: 0, avgPrice: null };

/** What was paid for the change from one holding to the next; negative: received. */
export type TradeCost =
  /** The quantity is the same. */
  | { kind: "no_trade" }
  | { kind: "from_avg_price"; cost: Decimal }
  /** The average price does not tell; the quantity traded, for the caller to put a price on. */
  | { kind: "unknown"; traded: Decimal };

/** A cost below a thousandth of what a sale at the average price would have brought is rounding of the average price. */
const SPLIT_ROUNDING: Decimal = { units: 1_000, scale: 0 };

/**
 * Position events are states, so what was traded between two of them is inferred, by average-cost accounting (as IAS 2.27
 * has it for inventories, and the same of a short position): only what adds to a position changes its average price.
 * - It grows, from nothing too: the cost is what its basis grew by, q1 a1 - q0 a0.
 * - It turns round through zero: what is held then cost a1 each, and it is one trade, so all of it did: (q1 - q0) a1.
 * - It shrinks: the average price stays, and says nothing of the price of the sale. Where it moves so that q a stays the
 *   same, nothing was paid: shares were put together (a reverse split; shares that are split grow by the first rule, for
 *   nothing).
 */
export function tradeCost(before: Holding, after: Holding): TradeCost {
  const [q0, q1] = [decimalOf(before.quantity), decimalOf(after.quantity)];
  const traded = differenceOf(q1, q0);
  if (signOf(traded) === 0) return { kind: "no_trade" };
  if (after.avgPrice === null) return { kind: "unknown", traded };
  const a1 = decimalOf(after.avgPrice);
  if (signOf(q0) === -signOf(q1)) {
    return { kind: "from_avg_price", cost: productOf(traded, a1) };
  }
  if (signOf(q0) !== 0 && before.avgPrice === null) return { kind: "unknown", traded };
  const a0 = decimalOf(before.avgPrice ?? 0);
  const basisBefore = signOf(q0) === 0 ? ZERO : productOf(q0, a0);
  const cost = differenceOf(productOf(q1, a1), basisBefore);
  const grows = signOf(differenceOf(sizeOf(q1), sizeOf(q0))) > 0;
  if (grows || isReverseSplit(cost, productOf(traded, a0), signOf(q1))) {
    return { kind: "from_avg_price", cost };
  }
  return { kind: "unknown", traded };
}

function isReverseSplit(cost: Decimal, saleAtAverage: Decimal, isLeft: number): boolean {
  if (isLeft === 0 || signOf(saleAtAverage) === 0) return false;
  const scaled = productOf(sizeOf(cost), SPLIT_ROUNDING);
  return signOf(differenceOf(scaled, sizeOf(saleAtAverage))) < 0;
}
