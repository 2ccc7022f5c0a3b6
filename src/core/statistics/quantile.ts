/**
 * The sample's quantile between its order statistics, h = (n - 1) p (type 7 of Hyndman and Fan, The American Statistician
 * 50, 1996). `sorted`: at least one, smallest first.
 */
export function quantileOf(sorted: readonly number[], p: number): number {
  const h = (sorted.length - 1) * p;
  const below = Math.floor(h);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (h - below) * (high - low);
}
