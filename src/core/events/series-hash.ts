import type { MetricEvent } from "../../protocol/events/event.ts";

/** Two lanes of 32 bits, of which 53 fit a number. */
const SEED = [0x9e3779b1, 0x85ebca77] as const;
const STEP = [0x01000193, 0x1b873593] as const;

/**
 * A number for the series of a point, its metric with its labels in whatever order: that of one series is always the same, and
 * among 20,000 series two have the same one time in 50 million. It is kept on disk, so it must never change.
 */
export function seriesHash({ metric, labels }: Pick<MetricEvent, "metric" | "labels">): number {
  let low = lane(0, metric, "");
  let high = lane(1, metric, "");
  // A sum has no order, so no sorting is needed.
  for (const key in labels) {
    low = (low + lane(0, key, labels[key])) | 0;
    high = (high + lane(1, key, labels[key])) | 0;
  }
  return (mixed(high) & 0x1fffff) * 0x1_0000_0000 + (mixed(low) >>> 0);
}

function lane(index: 0 | 1, text: string, more: string | undefined): number {
  const step = STEP[index];
  let hash: number = SEED[index];
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), step);
  if (more !== undefined && more !== "") {
    hash = Math.imul(hash ^ 0x10001, step);
    for (let at = 0; at < more.length; at += 1) hash = Math.imul(hash ^ more.charCodeAt(at), step);
  }
  return mixed(hash);
}

/** Each bit of the result depends on all bits. */
function mixed(hash: number): number {
  let mix = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  mix = Math.imul(mix ^ (mix >>> 15), 0x846ca68b);
  return mix ^ (mix >>> 16);
}
