import {
  type AccountSteps,
  foldNothing,
  foldSteps,
  type Span,
  type SymbolResult,
  symbolPnl,
} from "../../../src/core/attribution/symbol-pnl.ts";
import type { BucketValues } from "../../../src/core/statistics/bucket-values.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import fixture from "../../fixtures/attribution.json" with { type: "json" };

/** What other programs make of a book of trades at published prices; the file says how. */
export const expected = fixture;

const DAY_US = 86_400_000_000;
const midnightUs = (date: string) => (Date.parse(`${date}T00:00:00Z`) * 1_000) as EpochUs;

export const BOOK_SPAN: Span = {
  fromUs: midnightUs(expected.from),
  toUs: midnightUs(expected.to),
  bucketUs: DAY_US,
};

export interface BookState {
  ts: EpochUs;
  account: string;
  symbol: string;
  quantity: number;
  avgPrice: number | null;
}

/** The states of the book, oldest first. */
export const bookStates: BookState[] = expected.states.map((state) => ({
  ts: (midnightUs(state.month) + DAY_US / 2) as EpochUs,
  account: state.account,
  symbol: state.symbol,
  quantity: state.quantity,
  avgPrice: state.avg_price ?? null,
}));

/** The profit and loss of accounts whose steps are all there at once. */
export function pnlOfSteps(
  accounts: readonly AccountSteps[],
  closes: BucketValues,
  span: Span,
): SymbolResult {
  const folds = accounts.map((steps) => {
    const fold = foldNothing();
    foldSteps(fold, steps, closes, span);
    return fold;
  });
  return symbolPnl(folds, closes, span);
}

/** By account, as the database gives them. */
export function stepsOf(symbol: string, accounts: readonly string[]): AccountSteps[] {
  return accounts.map((account) => {
    const steps = bookStates.filter((one) => one.symbol === symbol && one.account === account);
    const first = steps.findLastIndex(({ ts }) => ts <= BOOK_SPAN.fromUs);
    return steps.slice(Math.max(0, first));
  });
}
