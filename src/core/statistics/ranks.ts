/**
 * Ranks from 1 on; equal values share the mean of their places ("mid-ranks": Kendall, The treatment of ties in ranking
 * problems, Biometrika 33, 1945).
 */
export function midRanks(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  const rankAt = new Float64Array(sorted.length);
  for (let first = 0; first < sorted.length; ) {
    let after = first + 1;
    while (sorted[after] === sorted[first]) after += 1;
    rankAt.fill((first + 1 + after) / 2, first, after);
    first = after;
  }
  return values.map((value) => rankAt[placeOf(value, sorted)] as number);
}

/** A place where `value` stands among the sorted. By halves: a map of all values takes several times as long. */
function placeOf(value: number, sorted: Float64Array): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
