import type { SymbolSummary } from "../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { LastValuesFold } from "./last-values.ts";

/** One line of the list of symbols. */
export function summaryOf(
  symbol: SymbolName,
  values: LastValuesFold,
  viewers: number,
): SymbolSummary {
  const change = values.dayChange;
  return {
    symbol,
    last: values.trade?.price ?? null,
    last_ts: values.trade?.ts ?? null,
    change: change.value,
    ...(change.value === null && { change_reason: change.reason }),
    volume: values.dayVolume,
    last_event: values.lastEventUs,
    viewers,
  };
}
