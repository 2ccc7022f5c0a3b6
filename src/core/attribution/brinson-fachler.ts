import type { BrinsonFachler, SegmentEffects } from "../../protocol/answers/attribution.ts";

/** What a symbol of the portfolio had at work, and what it made of it, in one unit. */
export interface HeldPart {
  segment: string;
  capital: number;
  gain: number;
}

/** A part of the benchmark; the weights add up to about 1. */
export interface BenchmarkPart {
  segment: string;
  weight: number;
  return: number;
}

export type BrinsonOutcome = Extract<BrinsonFachler, { kind: "ok" | "no_capital" | "overflow" }>;

/** Capital of long and short that cancels but for rounding is none. */
const CAPITAL_ROUNDING = 1e-12;

/**
 * What of the difference between the returns of a portfolio and its benchmark comes from where. For each segment, w being
 * weights, r returns, p the portfolio, b the benchmark and R its whole return:
 *   allocation   (wp - wb) (rb - R)   (Brinson and Fachler, Measuring non-US equity portfolio performance, Journal of Portfolio
 *                                      Management 11, 1985)
 *   selection    wb (rp - rb)         (Brinson, Hood and Beebower, Determinants of portfolio performance, Financial Analysts
 *   interaction  (wp - wb) (rp - rb)   Journal 42, 1986)
 * They add up to the difference, as both weights add up to one. It is one period: nothing is linked.
 *
 * The papers take every segment to be on both sides. Here one that the portfolio does not have takes the benchmark's return,
 * so that only allocation is left, and one that the benchmark does not have takes the portfolio's, for the same: against
 * nothing there is nothing to select. Listed in the benchmark with a weight of 0, it has a return to compare with.
 */
export function brinsonFachler(
  held: readonly HeldPart[],
  benchmark: readonly BenchmarkPart[],
): BrinsonOutcome {
  const names = [...new Set([...held, ...benchmark].map(({ segment }) => segment))];
  const gross = held.reduce((sum, { capital }) => sum + Math.abs(capital), 0);
  const least = gross * CAPITAL_ROUNDING;
  const capital = held.reduce((sum, part) => sum + part.capital, 0);
  if (!(capital > least)) return { kind: "no_capital", segments: [] };
  const totalWeight = benchmark.reduce((sum, { weight }) => sum + weight, 0);
  const sides = names.map((segment) => ({
    segment,
    ours: heldSide(held.filter((part) => part.segment === segment)),
    theirs: benchmarkSide(benchmark.filter((part) => part.segment === segment)),
  }));
  const without = sides.filter(({ ours }) => Math.abs(ours.capital) <= least && ours.gain !== 0);
  if (without.length > 0) {
    return { kind: "no_capital", segments: without.map(({ segment }) => segment) };
  }
  const rates = sides.map(({ segment, ours, theirs }) => ({
    ...{ segment, wp: ours.capital / capital, wb: theirs.weight / totalWeight },
    rp: Math.abs(ours.capital) <= least ? null : ours.gain / ours.capital,
    rb: theirs.return,
  }));
  const whole = rates.reduce((sum, { wb, rb }) => sum + wb * (rb ?? 0), 0);
  const segments = rates.map((one) => effectsOf(one, whole));
  const sum = (effect: "allocation" | "selection" | "interaction") =>
    segments.reduce((all, one) => all + one[effect], 0);
  const portfolioReturn = held.reduce((all, { gain }) => all + gain, 0) / capital;
  const answer = {
    portfolio_return: portfolioReturn,
    benchmark_return: whole,
    excess_return: portfolioReturn - whole,
    ...{ allocation: sum("allocation"), selection: sum("selection") },
    interaction: sum("interaction"),
  };
  // A sum is finite only where each of its parts is.
  if (!Object.values(answer).every(Number.isFinite)) return { kind: "overflow" };
  return { kind: "ok", ...answer, segments };
}

function heldSide(parts: readonly HeldPart[]): { capital: number; gain: number } {
  return {
    capital: parts.reduce((sum, { capital }) => sum + capital, 0),
    gain: parts.reduce((sum, { gain }) => sum + gain, 0),
  };
}

/** The weighted mean return; of parts that are only listed, the plain one. */
function benchmarkSide(parts: readonly BenchmarkPart[]): { weight: number; return: number | null } {
  if (parts.length === 0) return { weight: 0, return: null };
  const weight = parts.reduce((sum, part) => sum + part.weight, 0);
  const share = (part: BenchmarkPart) => (weight > 0 ? part.weight / weight : 1 / parts.length);
  return { weight, return: parts.reduce((sum, part) => sum + share(part) * part.return, 0) };
}

interface Rates {
  segment: string;
  wp: number;
  wb: number;
  rp: number | null;
  rb: number | null;
}

function effectsOf({ segment, wp, wb, rp, rb }: Rates, whole: number): SegmentEffects {
  const theirs = rb ?? rp ?? whole;
  const ours = rp ?? theirs;
  return {
    ...{ segment, portfolio_weight: wp, benchmark_weight: wb },
    ...{ portfolio_return: rp, benchmark_return: rb },
    allocation: (wp - wb) * (theirs - whole),
    selection: wb * (ours - theirs),
    interaction: (wp - wb) * (ours - theirs),
  };
}
