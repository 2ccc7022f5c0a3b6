import type { MetricNamesAnswer } from "../../../src/protocol/answers/answers.ts";
import { pairOf } from "../words/label-text.ts";
import type { PanelQuestion } from "./explore-state.ts";
import { hasPoints, type PanelAnswer } from "./panel-lines.ts";

/** Why a panel draws nothing, and what would change that. */
export type Emptiness =
  /** None was chosen: `_system` or another one. */
  | { kind: "no_symbol" }
  | { kind: "no_metric"; symbol: string }
  /** Nobody has pushed it. */
  | { kind: "unknown_symbol"; symbol: string }
  /** The symbol has others, or has it with other labels. */
  | { kind: "unknown_metric"; symbol: string }
  /** There are points, but what is asked of them cannot be told: the rate of a single one, percentiles of what is kept as hours. */
  | { kind: "not_told" }
  /** `newestUs`: the newest point of the metric; null where it is not known. */
  | { kind: "no_points"; newestUs: number | null };

type Names = MetricNamesAnswer["metrics"];
type Dated = readonly Pick<Names[number], "metric" | "last_ts">[];

/** Null where there is something to draw, or no answer yet. `names`: the series of the first symbol; of bars its newest trade. */
export function emptinessOf(
  question: PanelQuestion,
  answer: PanelAnswer | null,
  names: Dated | null,
): Emptiness | null {
  const [symbol] = question.symbols;
  if (symbol === undefined) return { kind: "no_symbol" };
  if (question.of === "metric" && question.metric === "") return { kind: "no_metric", symbol };
  if (answer === null || hasPoints(answer.lines) || hasPoints(answer.compared)) return null;
  const [missing] = answer.missing;
  const askedCount = question.symbols.length - answer.unasked.length;
  if (missing !== undefined && answer.missing.length === askedCount) {
    const kind = missing.what === "symbol" ? "unknown_symbol" : "unknown_metric";
    return { kind, symbol: missing.symbol };
  }
  if (question.of === "metric" && answer.lines.length > 0) return { kind: "not_told" };
  const times = (names ?? []).flatMap(({ metric, last_ts: ts }) =>
    metric === question.metric && ts !== null ? [ts] : [],
  );
  return { kind: "no_points", newestUs: times.length === 0 ? null : Math.max(...times) };
}

/** The metrics of a symbol, each once. */
export function metricsOf(names: Names | null): string[] {
  return [...new Set((names ?? []).map(({ metric }) => metric))];
}

/** What may be typed as labels of the metric: each pair once. */
export function labelsOf(names: Names | null, metric: string): string[] {
  const pairs = (names ?? []).flatMap((one) =>
    one.metric === metric ? Object.entries(one.labels) : [],
  );
  const texts = pairs.flatMap(([name, value]) => pairOf(name, value) ?? []);
  return [...new Set(texts)].sort();
}
