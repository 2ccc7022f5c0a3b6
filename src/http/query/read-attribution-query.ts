import {
  type BenchmarkPush,
  isName,
  MAX_ATTRIBUTED_SYMBOLS,
} from "../../protocol/answers/attribution.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { type AttributionQuery, comparedSymbols } from "../../reads/analytics/attribution.ts";
import { Parameters } from "./parameters.ts";
import { limitCloses, readBucketRange } from "./read-bucket-range.ts";
import { readSymbolList } from "./read-symbol-list.ts";

const KNOWN = ["symbols", "account", "interval", "from", "to", "precision", "fees", "value"];

/** The parameters of the URL. @throws Refusal of what is wrong with them, or with the two of URL and benchmark together. */
export function readAttributionQuery(
  url: string,
  push: BenchmarkPush | null,
  nowUs: EpochUs,
): AttributionQuery {
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
  } else {
    limitCloses(parameters, range, all.size);
  }
  for (const symbol of Object.keys(push?.segments ?? {})) {
    if (!all.has(symbol as SymbolName)) {
      parameters.refuse(`segments.${symbol}`, "is neither in symbols nor in benchmark");
    }
  }
  parameters.check();
  return { symbols, account, interval, range, nowUs, fees, value };
}

function readMetric(parameters: Parameters, name: string): string | null {
  const metric = parameters.text(name);
  if (metric === undefined) return null;
  if (metric === "" || !isName(metric)) parameters.refuse(name, "must be the name of a metric");
  return metric;
}
