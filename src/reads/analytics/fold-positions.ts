import {
  type AccountFold,
  foldNothing,
  foldSteps,
  type Span,
} from "../../core/attribution/symbol-pnl.ts";
import type { BucketValues } from "../../core/statistics/bucket-values.ts";
import {
  type AskedSymbol,
  countPositionStates,
  readPositionSteps,
} from "../../db/events/read-position-steps.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Sources } from "../sources.ts";

export interface FoldLimits {
  /** Most states of all symbols together, and most accounts. */
  states: number;
  accounts: number;
  /** Most states in one answer of the database, besides what is in force at its beginning. */
  statesAtOnce: number;
}

export const FOLD_LIMITS: FoldLimits = {
  ...{ states: 2_000_000, accounts: 50_000, statesAtOnce: 50_000 },
};

/** By symbol what the positions of each account come to; null where there are more than may be. */
export type Folded = AccountFold[][] | null;

/**
 * Reads the positions of the symbols one part of the span after the other, so that a span of any length takes the memory of one
 * part. Of each part the states in force at its beginning come again, and change nothing.
 */
export async function foldPositions(
  { db, correlationId }: Omit<Sources, "rooms">,
  symbols: readonly AskedSymbol[],
  account: string | null,
  closesOf: ReadonlyMap<SymbolName, BucketValues>,
  span: Span,
  limits = FOLD_LIMITS,
): Promise<Folded> {
  const folds = symbols.map(() => new Map<string, AccountFold>());

  async function statesOf(fromUs: EpochUs, toUs: EpochUs): Promise<number> {
    const part = { symbols, account, fromUs, toUs };
    const stored = await countPositionStates(db, part, limits.states + 1, correlationId);
    const isIn = ({ ts }: { ts: EpochUs }) => ts > fromUs && ts <= toUs;
    return symbols.reduce((sum, { tail }) => sum + tail.filter(isIn).length, stored);
  }

  async function read(fromUs: EpochUs, toUs: EpochUs): Promise<boolean> {
    const limit = limits.accounts + limits.statesAtOnce;
    const part = { symbols, account, fromUs, toUs, limit };
    const steps = await readPositionSteps(db, part, correlationId);
    if (steps.kind === "too_many") return false;
    for (const [at, byAccount] of steps.bySymbol.entries()) {
      const closes = closesOf.get(symbols[at]?.symbol as SymbolName) as BucketValues;
      const known = folds[at] as Map<string, AccountFold>;
      for (const [name, some] of byAccount) {
        const fold = known.get(name) ?? foldNothing();
        known.set(name, fold);
        foldSteps(fold, some, closes, span);
      }
    }
    return true;
  }

  /** False: there are too many. States are spread unevenly, so a part that still has too many is divided again. */
  async function take(fromUs: EpochUs, toUs: EpochUs): Promise<boolean> {
    const states = await statesOf(fromUs, toUs);
    if (states > limits.states) return false;
    if (states <= limits.statesAtOnce) return read(fromUs, toUs);
    const parts = Math.min(Math.ceil((states * 2) / limits.statesAtOnce), toUs - fromUs);
    // A microsecond has one state of an account.
    if (parts < 2) return false;
    const borderOf = (part: number) =>
      (fromUs + Math.floor(((toUs - fromUs) * part) / parts)) as EpochUs;
    for (let part = 0; part < parts; part += 1) {
      if (!(await take(borderOf(part), borderOf(part + 1)))) return false;
    }
    return true;
  }

  const isWhole = await take(span.fromUs, span.toUs);
  return isWhole ? folds.map((byAccount) => [...byAccount.values()]) : null;
}
