import { attributeToBenchmark } from "../../core/attribution/benchmark.ts";
import {
  reportedValue,
  type SymbolShare,
  symbolAnswer,
  totalAnswer,
  totalOf,
} from "../../core/attribution/portfolio-pnl.ts";
import { symbolPnl } from "../../core/attribution/symbol-pnl.ts";
import type { AttributionAnswer, BenchmarkPush } from "../../protocol/answers/attribution.ts";
import { INTERVAL_SECONDS } from "../../protocol/words/interval.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Sources } from "../sources.ts";
import { readHoldings } from "./holdings.ts";
import { readFees, readReportedValue } from "./portfolio-series.ts";
import type { ClosesQuery } from "./symbol-closes.ts";

export interface AttributionQuery extends ClosesQuery {
  symbols: SymbolName[];
  /** Null: of all accounts. */
  account: string | null;
  /** Metric of the symbols whose values are what was paid in fees. */
  fees: string | null;
  /** Metric of `_system` that is the value of the portfolio. */
  value: string | null;
}

export type Attribution =
  | { kind: "read"; answer: AttributionAnswer }
  | { kind: "too_many_states" }
  /** Several series have the metric of `value`. */
  | { kind: "ambiguous"; count: number };

/** The symbols of a benchmark. */
export function comparedSymbols(push: BenchmarkPush | null): SymbolName[] {
  return (push?.benchmark ?? []).flatMap(({ symbol }) => (symbol === undefined ? [] : [symbol]));
}

/** Where the money came from; with a benchmark, where the return beyond it did. */
export async function readAttribution(
  sources: Sources,
  query: AttributionQuery,
  push: BenchmarkPush | null,
): Promise<Attribution> {
  const { symbols, account, interval, range, nowUs, fees, value } = query;
  const compared = comparedSymbols(push);
  const bucketUs = INTERVAL_SECONDS[interval] * 1_000_000;
  const span = { fromUs: range.fromUs, toUs: range.toUs, bucketUs };
  const holdings = await readHoldings(sources, {
    ...{ held: symbols, compared, account, interval, range, span, nowUs },
  });
  if (holdings.kind === "too_many_states") return holdings;
  const paid =
    fees === null
      ? null
      : await readFees(sources, symbols, { metric: fees, account }, interval, range);
  const reported =
    value === null ? null : await readReportedValue(sources, { metric: value, account }, range);
  if (reported?.kind === "ambiguous") return reported;

  const { cursors, closesOf, accountsOf } = holdings;
  const gone = [holdings.goneBefore, reported?.goneBefore].flatMap((one) => one ?? []);
  const whole = [...new Set((paid ?? []).flatMap(({ wholeBuckets }) => wholeBuckets))];
  const noCloses = { ts: [], values: [] };
  const shares: SymbolShare[] = symbols.map((symbol: SymbolName, at) => ({
    ...{ symbol, fees: paid?.[at]?.sum ?? null },
    result: symbolPnl(accountsOf[at] ?? [], closesOf.get(symbol) ?? noCloses, span),
  }));
  const total = totalOf(shares);
  const answer: AttributionAnswer = {
    ...{ interval, from: range.fromUs, to: range.toUs, account, cursors },
    by_symbol: shares.map(symbolAnswer),
    total: totalAnswer(total),
    ...(reported && { reported: reportedValue(total, reported.start, reported.end) }),
    ...(push && { brinson_fachler: attributeToBenchmark({ shares, total }, push, closesOf, span) }),
    ...(gone.length > 0 && { gone_before: Math.max(...gone) as EpochUs }),
    ...(whole.length > 0 && { whole_buckets: whole.sort((a, b) => a - b) }),
  };
  return { kind: "read", answer };
}
