import type {
  ReportedValue,
  SymbolPnl,
  TotalPnl,
  ValuationAnswer,
} from "../../protocol/answers/attribution.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { centsOf, type Decimal, decimalOf } from "./decimal.ts";
import { amountOf, amountsOf } from "./money.ts";
import type { PricedPnl, SymbolResult, Valuation } from "./symbol-pnl.ts";

/** A symbol's result and the sum of its fees; null: not asked for. */
export interface SymbolShare {
  symbol: SymbolName;
  result: SymbolResult;
  fees: Decimal | null;
}

/** The result as it is answered. */
export function symbolAnswer({ symbol, result, fees }: SymbolShare) {
  const paid = feeAmount(fees);
  const pnl = paid.kind === "too_large" ? paid : pnlAnswer(result);
  return { symbol, pnl, fees: paid.kind === "too_large" ? null : paid.amount };
}

function pnlAnswer(result: SymbolResult): SymbolPnl {
  if (result.kind !== "priced") return result;
  const start = valuationAnswer(result.start);
  const end = valuationAnswer(result.end);
  const amounts = amountsOf({ net_flow: result.netFlowCents, pnl: result.pnlCents });
  if (start === null || end === null || amounts === null) return { kind: "too_large" };
  const { fromAvgPrice, atClose } = result.trades;
  return {
    ...{ kind: "ok", start, end, ...amounts },
    trades: { from_avg_price: fromAvgPrice, at_close: atClose },
  };
}

function valuationAnswer({ quantity, price, cents }: Valuation): ValuationAnswer | null {
  const value = amountOf(cents);
  if (value === null || !Number.isFinite(quantity)) return null;
  return { quantity, price: price?.price ?? null, price_ts: price?.ts ?? null, value };
}

type FeeAmount = { kind: "told"; amount: number | null } | { kind: "too_large" };

function feeAmount(fees: Decimal | null): FeeAmount {
  if (fees === null) return { kind: "told", amount: null };
  const amount = amountOf(centsOf(fees));
  return amount === null ? { kind: "too_large" } : { kind: "told", amount };
}

/** The sums of all shares, in cents. */
export interface TotalCents {
  kind: "cents";
  startCents: bigint;
  endCents: bigint;
  netFlowCents: bigint;
  pnlCents: bigint;
  /** Null: not asked for. */
  feesCents: bigint | null;
}

export type Total = TotalCents | Extract<TotalPnl, { kind: "no_position" | "incomplete" }>;

/** Adds up the shares: whole cents, so the sum is that of what is answered by symbol. */
export function totalOf(shares: readonly SymbolShare[]): Total {
  const answers = shares.map(symbolAnswer);
  const isMissing = ({ kind }: SymbolPnl) => kind === "no_price" || kind === "too_large";
  const missing = answers.filter(({ pnl }) => isMissing(pnl)).map(({ symbol }) => symbol);
  if (missing.length > 0) return { kind: "incomplete", symbols: missing };
  const priced = shares.flatMap(({ result }) => (result.kind === "priced" ? [result] : []));
  if (priced.length === 0) return { kind: "no_position" };
  const sum = (part: (one: PricedPnl) => bigint) =>
    priced.reduce((cents, one) => cents + part(one), 0n);
  const fees = shares.flatMap((share) => (share.fees === null ? [] : [centsOf(share.fees)]));
  return {
    kind: "cents",
    startCents: sum(({ start }) => start.cents),
    endCents: sum(({ end }) => end.cents),
    netFlowCents: sum(({ netFlowCents }) => netFlowCents),
    pnlCents: sum(({ pnlCents }) => pnlCents),
    feesCents: fees.length === 0 ? null : fees.reduce((cents, one) => cents + one, 0n),
  };
}

export function totalAnswer(total: Total): TotalPnl {
  if (total.kind !== "cents") return total;
  const { startCents, endCents, netFlowCents, pnlCents, feesCents } = total;
  const amounts = amountsOf({
    start_value: startCents,
    end_value: endCents,
    change: endCents - startCents,
    net_flow: netFlowCents,
    pnl: pnlCents,
  });
  const fees = feesCents === null ? null : amountOf(feesCents);
  const isTold = amounts !== null && (feesCents === null || fees !== null);
  return isTold ? { kind: "ok", ...amounts, fees } : { kind: "too_large" };
}

export interface ValuePoint {
  ts: EpochUs;
  value: number;
}

/**
 * The residual of the reported value: its change less P&L and plus fees. Flows between cash and positions are inside that
 * value and no part of it. `start`: the last point at or before the beginning; `end`: the last up to the end.
 */
export function reportedValue(
  total: Total,
  start: ValuePoint | undefined,
  end: ValuePoint | undefined,
): ReportedValue {
  if (start === undefined) return { kind: "too_little_data", missing: "start" };
  if (end === undefined || end.ts <= start.ts) return { kind: "too_little_data", missing: "end" };
  if (total.kind !== "cents") return { kind: "incomplete" };
  const [startCents, endCents] = [start, end].map(({ value }) => centsOf(decimalOf(value))) as [
    bigint,
    bigint,
  ];
  const change = endCents - startCents;
  const residual = change - total.pnlCents + (total.feesCents ?? 0n);
  const amounts = amountsOf({ start: startCents, end: endCents, change, residual });
  if (amounts === null) return { kind: "too_large" };
  return {
    kind: "ok",
    start: { ts: start.ts, value: amounts.start },
    end: { ts: end.ts, value: amounts.end },
    ...{ change: amounts.change, residual: amounts.residual },
  };
}
