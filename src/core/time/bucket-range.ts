import { INTERVAL_SECONDS, type Interval } from "../../protocol/words/interval.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { BucketValues } from "../statistics/bucket-values.ts";

/** Most buckets of one analysis: what a query reads in one look. */
export const MAX_BUCKETS = 10_000;

/** Buckets that begin in [fromUs, toUs), both on bucket borders: the newest so many of them that hold anything. */
export interface BucketRange {
  fromUs: EpochUs;
  toUs: EpochUs;
  buckets: number;
}

/**
 * From when on a series would have to be whole for what was found of it: from the beginning of the range, or, where only its
 * newest buckets are asked for and so many were found, from the first of them.
 */
export function restsOnFrom({ fromUs, buckets }: BucketRange, { ts }: BucketValues): EpochUs {
  const first = ts.length < buckets ? undefined : ts[0];
  return first ?? fromUs;
}

/** What was looked at: where the range is of any age, it begins with the first bucket found. */
export function lookedAtFrom(
  { fromUs, toUs, buckets }: BucketRange,
  interval: Interval,
  found: readonly BucketValues[],
): EpochUs {
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  if (toUs - fromUs === buckets * lengthUs) return fromUs;
  const first = Math.min(...found.flatMap(({ ts }) => ts.slice(0, 1)));
  return (Number.isFinite(first) ? first : toUs - buckets * lengthUs) as EpochUs;
}
