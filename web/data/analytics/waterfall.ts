import type { AttributionAnswer } from "../../../src/protocol/answers/attribution.ts";

/** A step of a waterfall: a value that stands by itself, or what leads from the step before to the next. */
export interface Step {
  label: string;
  kind: "value" | "gain" | "flow";
  from: number;
  to: number;
}

/**
 * From the value at the beginning over each symbol's profit and loss and what was paid for positions to the value at the end. Null
 * where there is no total. Amounts are whole cents, and so are the sums.
 */
export function waterfallOf({ total, by_symbol: all }: AttributionAnswer): Step[] | null {
  if (total.kind !== "ok") return null;
  let at = total.start_value;
  const change = (kind: Step["kind"], label: string, by: number): Step => {
    const from = at;
    at = Math.round((at + by) * 100) / 100;
    return { label, kind, from, to: at };
  };
  return [
    { label: "At the beginning", kind: "value", from: 0, to: total.start_value },
    ...all.flatMap(({ symbol, pnl }) =>
      pnl.kind === "ok" ? [change("gain", symbol, pnl.pnl)] : [],
    ),
    change("flow", "Net flow", total.net_flow),
    { label: "At the end", kind: "value", from: 0, to: total.end_value },
  ];
}
