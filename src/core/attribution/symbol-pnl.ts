import type { EpochUs } from "../../protocol/words/time.ts";
import type { BucketValues } from "../statistics/bucket-values.ts";
import { centsOf, type Decimal, decimalOf, numberOf, productOf, sumOf, ZERO } from "./decimal.ts";
import { type Price, priceBefore } from "./price-line.ts";
import { type Holding, NOTHING_HELD, tradeCost } from "./trade-cost.ts";

/** What an account holds from `ts` on. */
export interface PositionStep extends Holding {
  ts: EpochUs;
}

/** The steps of one account, oldest first: the one in force at the start of the span where there is one, then each in it. */
export type AccountSteps = readonly PositionStep[];

/** From one bucket border to another. Positions at a border count as before it, trades at it as after. */
export interface Span {
  fromUs: EpochUs;
  toUs: EpochUs;
  bucketUs: number;
}

/** What is held at a border, of all accounts. */
export interface Valuation {
  quantity: number;
  price: Price | null;
  cents: bigint;
}

export interface PricedPnl {
  kind: "priced";
  start: Valuation;
  end: Valuation;
  /** What was paid for what was bought, less what was received. */
  netFlowCents: bigint;
  pnlCents: bigint;
  trades: { fromAvgPrice: number; atClose: number };
  /** What was at work on average, in cents: see `symbolPnl`. */
  capitalCents: number;
}

export type SymbolResult =
  | PricedPnl
  /** Nothing has ever been said of a position. */
  | { kind: "no_position" }
  /** There is no close before `ts`, where one is needed. */
  | { kind: "no_price"; ts: EpochUs };

/** What the steps of one account come to, taken one after another: so a span of any length takes no more memory than its account. */
export interface AccountFold {
  /** What was held at the start of the span, and what is held after the steps so far; null: nothing was said yet. */
  opening: Holding | null;
  held: Holding | null;
  netFlowCents: bigint;
  /** Of each flow the part of the span that was left for it. */
  weightedCents: number;
  trades: { fromAvgPrice: number; atClose: number };
  /** The end of the first bucket that needs a close and has none before. */
  unpricedUs: EpochUs | null;
}

export const foldNothing = (): AccountFold => ({
  ...{ opening: null, held: null, netFlowCents: 0n, weightedCents: 0 },
  ...{ trades: { fromAvgPrice: 0, atClose: 0 }, unpricedUs: null },
});

/** Takes the next steps of an account; one that says the same as the one before changes nothing. */
export function foldSteps(
  fold: AccountFold,
  steps: AccountSteps,
  closes: BucketValues,
  span: Span,
): void {
  for (const step of steps) {
    const before = fold.held ?? NOTHING_HELD;
    fold.held = step;
    if (step.ts <= span.fromUs) {
      fold.opening = step;
      continue;
    }
    const trade = tradeCost(before, step);
    if (trade.kind === "no_trade") continue;
    let cost: Decimal;
    if (trade.kind === "from_avg_price") {
      cost = trade.cost;
      fold.trades.fromAvgPrice += 1;
    } else {
      const endUs = (Math.ceil(step.ts / span.bucketUs) * span.bucketUs) as EpochUs;
      const close = priceBefore(closes, endUs);
      if (close === undefined) {
        fold.unpricedUs ??= endUs;
        continue;
      }
      cost = productOf(trade.traded, decimalOf(close.price));
      fold.trades.atClose += 1;
    }
    const flowCents = centsOf(cost);
    fold.netFlowCents += flowCents;
    fold.weightedCents += Number(flowCents) * ((span.toUs - step.ts) / (span.toUs - span.fromUs));
  }
}

/**
 * Profit and loss of a symbol: V1 - V0 - F, V being quantity times the last close and F what was paid for positions (Bacon,
 * Practical Portfolio Performance Measurement and Attribution, 2008, chapter 2). V of each account and every flow are
 * rounded to the cent and the rest is whole numbers, as in a ledger: so it adds up to the cent over symbols, accounts and
 * spans that follow each other.
 *
 * Capital is that of the modified Dietz return: V0 and each flow by the part of the span that was left for it (Dietz, Pension
 * Funds: Measuring Investment Performance, 1966; Bacon, as above).
 */
export function symbolPnl(
  accounts: readonly AccountFold[],
  closes: BucketValues,
  span: Span,
): SymbolResult {
  if (accounts.every(({ held }) => held === null)) return { kind: "no_position" };
  const first = valueAt(
    span.fromUs,
    accounts.map(({ opening }) => opening),
    closes,
  );
  if (first.kind === "no_price") return first;
  const start = first.valuation;
  let capitalCents = Number(start.cents);
  let netFlowCents = 0n;
  const trades = { fromAvgPrice: 0, atClose: 0 };
  const unpriced = accounts.flatMap(({ unpricedUs }) => unpricedUs ?? []);
  if (unpriced.length > 0) {
    return { kind: "no_price", ts: unpriced.reduce((us, one) => (one < us ? one : us)) };
  }
  for (const account of accounts) {
    netFlowCents += account.netFlowCents;
    capitalCents += account.weightedCents;
    trades.fromAvgPrice += account.trades.fromAvgPrice;
    trades.atClose += account.trades.atClose;
  }
  const last = valueAt(
    span.toUs,
    accounts.map(({ held }) => held),
    closes,
  );
  if (last.kind === "no_price") return last;
  const end = last.valuation;
  const pnlCents = end.cents - start.cents - netFlowCents;
  return { kind: "priced", start, end, netFlowCents, pnlCents, trades, capitalCents };
}

function valueAt(
  momentUs: EpochUs,
  holdings: readonly (Holding | null)[],
  closes: BucketValues,
): { kind: "valued"; valuation: Valuation } | { kind: "no_price"; ts: EpochUs } {
  const price = priceBefore(closes, momentUs) ?? null;
  let quantity = ZERO;
  let cents = 0n;
  for (const holding of holdings) {
    if (holding === null || holding.quantity === 0) continue;
    if (price === null) return { kind: "no_price", ts: momentUs };
    const held = decimalOf(holding.quantity);
    quantity = sumOf(quantity, held);
    cents += centsOf(productOf(held, decimalOf(price.price)));
  }
  return { kind: "valued", valuation: { quantity: numberOf(quantity), price, cents } };
}
