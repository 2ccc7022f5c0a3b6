import { type Figures, sumOf } from "./exposition.ts";

/** What `/metrics` told at one moment. */
export interface Look {
  atMs: number;
  figures: Figures;
}

/** How much a counter grew a second between two looks; null where it began anew, or no time passed. */
export function rateOf(
  before: Look,
  now: Look,
  name: string,
  labels: Record<string, string> = {},
): number | null {
  const seconds = (now.atMs - before.atMs) / 1_000;
  const grown = sumOf(now.figures, name, labels) - sumOf(before.figures, name, labels);
  return seconds > 0 && grown >= 0 ? grown / seconds : null;
}

/**
 * A quantile of what a histogram saw between two looks, in its unit, by the line between two bounds as
 * Prometheus' histogram_quantile has it; null where it saw nothing. Above the last bound it is that bound.
 */
export function quantileOf(
  before: Look | null,
  now: Look,
  name: string,
  quantile: number,
): number | null {
  const buckets = boundsOf(now.figures, name).map((le) => {
    const labels = { le: le === Number.POSITIVE_INFINITY ? "+Inf" : String(le) };
    const bucket = `${name}_bucket`;
    const until = before === null ? 0 : sumOf(before.figures, bucket, labels);
    return { le, count: sumOf(now.figures, bucket, labels) - until };
  });
  const total = buckets.at(-1)?.count ?? 0;
  if (total <= 0) return null;
  const rank = quantile * total;
  let lower = { le: 0, count: 0 };
  for (const bucket of buckets) {
    if (bucket.count >= rank) {
      if (bucket.le === Number.POSITIVE_INFINITY) return lower.le;
      const within = (rank - lower.count) / (bucket.count - lower.count);
      return lower.le + (bucket.le - lower.le) * within;
    }
    lower = bucket;
  }
  return lower.le;
}

function boundsOf(figures: Figures, name: string): number[] {
  const bounds = (figures.get(`${name}_bucket`) ?? []).map(({ labels }) =>
    labels["le"] === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels["le"]),
  );
  return [...new Set(bounds)].sort((a, b) => a - b);
}
