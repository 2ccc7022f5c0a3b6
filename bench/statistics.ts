export type Spread = { median: number; lowest: number; highest: number; rounds: number };

/** Median and range of the rounds of one figure. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return {
    median: sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2,
    lowest: at(0),
    highest: at(sorted.length - 1),
    rounds: sorted.length,
  };
}
