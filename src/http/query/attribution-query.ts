import { type BenchmarkPush, isName, MAX_ATTRIBUTED_SYMBOLS } from "../../protocol/attribution.ts";
import type { Interval } from "../../protocol/interval.ts";
import type { ProblemIssue } from "../../protocol/problem.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { EpochUs } from "../../protocol/time.ts";
import { type BucketRange, readBucketRange } from "./bucket-range.ts";
import { Parameters } from "./parameters.ts";
import { readSymbolList } from "./symbol-list.ts";

const KNOWN = ["symbols", "account", "interval", "from", "to", "precision", "fees", "value"];
/** Most closes of all symbols together, as for correlations. */
const MAX_CLOSES = 100_000;

export interface AttributionQuery {
  symbols: SymbolName[];
  /** Null: of all accounts. */
  account: string | null;
  interval: Interval;
  range: BucketRange;
  /** Metric of the symbols whose values are what was paid in fees. */
  fees: string | null;
  /** Metric of `_system` that is the value of the portfolio. */
  value: string | null;
}

/** The parameters of the URL, and what is wrong with them, or with the two of URL and benchmark together. */
export function readAttributionQuery(
  url: string,
  push: BenchmarkPush | null,
  nowUs: EpochUs,
): { query: AttributionQuery; issues: ProblemIssue[] } {
  const parameters = new Parameters(url, KNOWN, nowUs);
  const symbols = readSymbolList(parameters, { min: 1, max: MAX_ATTRIBUTED_SYMBOLS });
  const interval = parameters.interval("interval", "1h");
  const range = readBucketRange(parameters, interval, nowUs);
  const account = parameters.text("account") ?? null;
  if (account !== null && !isName(account)) parameters.refuse("account", "is no account");
  const [fees, value] = [readMetric(parameters, "fees"), readMetric(parameters, "value")];
  // Both inside one bucket are moved to the same border, and nothing is made in no time.
  if (range.buckets < 1 && parameters.issues.every(({ path }) => path !== "to")) {
    parameters.refuse("to", `must be later than from by an interval, which is ${interval}`);
  }
  const all = new Set([...symbols, ...comparedSymbols(push)]);
  if (all.size > MAX_ATTRIBUTED_SYMBOLS) {
    parameters.refuse(
      "benchmark",
      `and symbols together are more than ${MAX_ATTRIBUTED_SYMBOLS} symbols`,
    );
  } else if (range.buckets * all.size > MAX_CLOSES) {
    parameters.refuse(
      "symbols",
      `times buckets are more than ${MAX_CLOSES}: take fewer, a longer interval or a shorter range`,
    );
  }
  for (const symbol of Object.keys(push?.segments ?? {})) {
    if (!all.has(symbol as SymbolName)) {
      parameters.refuse(`segments.${symbol}`, "is neither in symbols nor in benchmark");
    }
  }
  return { query: { symbols, account, interval, range, fees, value }, issues: parameters.issues };
}

/** The symbols of a benchmark. */
export function comparedSymbols(push: BenchmarkPush | null): SymbolName[] {
  return (push?.benchmark ?? []).flatMap(({ symbol }) => (symbol === undefined ? [] : [symbol]));
}

function readMetric(parameters: Parameters, name: string): string | null {
  const metric = parameters.text(name);
  if (metric === undefined) return null;
  if (metric === "" || !isName(metric)) parameters.refuse(name, "must be the name of a metric");
  return metric;
}
