import type { SymbolName } from "../../protocol/words/symbol.ts";

export interface SeriesName {
  symbol: SymbolName;
  metric: string;
  /** Canonical (`core/labels.ts`). */
  labelsKey: string;
}

/** Metric and labels as one text. U+0000 stands in no metric name: the protocol refuses it. */
export function joinSeriesKey(metric: string, labelsKey: string): string {
  return labelsKey === "{}" ? metric : `${metric}\u0000${labelsKey}`;
}
