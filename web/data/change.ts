import type { SymbolSummary } from "../../src/protocol/answers.ts";

/** A relative change from `base` to `price`; null where the base is zero or below, of which nothing is a share. */
export function changeOf(base: number, price: number): number | null {
  return base > 0 ? price / base - 1 : null;
}

/** The list's change over the day, moved on to a price that is newer than the list. */
export function liveChange(
  summary: SymbolSummary | undefined,
  price: number | null,
): number | null {
  if (summary === undefined || summary.change === null || summary.last === null || price === null) {
    return null;
  }
  return changeOf(summary.last / (1 + summary.change), price);
}

export const NO_CHANGE = "No figure: per cent of a price that is zero or below mean nothing.";
