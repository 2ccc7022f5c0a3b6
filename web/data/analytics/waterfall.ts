import type { AttributionAnswer } from "../../../src/protocol/answers/attribution.ts";
import { type Extent, extentOf } from "./shapes.ts";

/** A step of a waterfall: a value that stands by itself, or what leads from the step before to the next. */
export interface Step {
  label: string;
  kind: "value" | "gain" | "flow";
  from: number;
  to: number;
}

/** What each symbol made, from 0, of those of which it is known. */
export function gainsOf({ by_symbol: all }: AttributionAnswer): Step[] {
  return all.flatMap(({ symbol, pnl }): Step[] =>
    pnl.kind === "ok" ? [{ label: symbol, kind: "gain", from: 0, to: pnl.pnl }] : [],
  );
}

/**
 * From the value at the beginning over each symbol's profit and loss and what was paid for positions to the value at the end. Null
 * where there is no total. Amounts are whole cents, and so are the sums.
 */
export function waterfallOf(answer: AttributionAnswer): Step[] | null {
  const { total } = answer;
  if (total.kind !== "ok") return null;
  let at = total.start_value;
  const change = (kind: Step["kind"], label: string, by: number): Step => {
    const from = at;
    at = Math.round((at + by) * 100) / 100;
    return { label, kind, from, to: at };
  };
  return [
    { label: "At the beginning", kind: "value", from: 0, to: total.start_value },
    ...gainsOf(answer).map(({ label, to: pnl }) => change("gain", label, pnl)),
    change("flow", "Net flow", total.net_flow),
    { label: "At the end", kind: "value", from: 0, to: total.end_value },
  ];
}

/** What is written at a step: the value that it stands for, or by how much it changes the one before, in whole cents. */
export function amountOf({ kind, from, to }: Pick<Step, "kind" | "from" | "to">): number {
  return kind === "value" ? to : Math.round((to - from) * 100) / 100;
}

/**
 * The axis of a waterfall. It has zero, but where changes would be hairs beside the values: there it begins, or ends, at a round
 * number a little beyond the values.
 */
export function axisOfWaterfall(steps: readonly Step[]): Extent {
  const { low, high } = extentOf(
    steps.flatMap(({ kind, from, to }) => (kind === "value" ? [to] : [from, to])),
  );
  const length = high - low;
  const round = 10 ** Math.floor(Math.log10(length));
  if (length > 0 && length < low) {
    return { low: Math.floor((low - length / 4) / round) * round, high };
  }
  if (length > 0 && length < -high) {
    return { low, high: Math.ceil((high + length / 4) / round) * round };
  }
  return extentOf([0, low, high]);
}
