import type { BucketValues } from "../../core/statistics/bucket-values.ts";
import { EARLIEST_US } from "../../core/timestamp.ts";
import { INTERVAL_SECONDS, type Interval } from "../../protocol/interval.ts";
import type { EpochUs } from "../../protocol/time.ts";
import type { Parameters } from "./parameters.ts";

/** Most buckets of one analysis: what a query reads in one look. */
export const MAX_BUCKETS = 10_000;
const DEFAULT_BUCKETS = 500;

/** Buckets that begin in [fromUs, toUs), both on bucket borders: the newest so many of them that hold anything. */
export interface BucketRange {
  fromUs: EpochUs;
  toUs: EpochUs;
  buckets: number;
}

/** `from` and `to`, moved up to bucket borders; without `from` 500 buckets before the end, the growing one among them. */
export function readBucketRange(
  parameters: Parameters,
  interval: Interval,
  nowUs: EpochUs,
): BucketRange {
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  const { fromUs, toUs } = parameters.range(
    nowUs + 1,
    (endUs) => endUs - DEFAULT_BUCKETS * lengthUs,
  );
  const [first, end] = [Math.ceil(fromUs / lengthUs), Math.ceil(toUs / lengthUs)];
  if (end - first > MAX_BUCKETS) {
    parameters.refuse(
      "interval",
      `gives more than ${MAX_BUCKETS} buckets: take a longer one or a shorter range`,
    );
  }
  return {
    fromUs: (first * lengthUs) as EpochUs,
    toUs: (end * lengthUs) as EpochUs,
    buckets: end - first,
  };
}

/** The same, but that without `from` the range is of any age: then the newest 500 buckets count in which there is anything. */
export function readFilledRange(
  parameters: Parameters,
  interval: Interval,
  nowUs: EpochUs,
): BucketRange {
  const range = readBucketRange(parameters, interval, nowUs);
  if (parameters.text("from") !== undefined) return range;
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  const fromUs = (Math.ceil(EARLIEST_US / lengthUs) * lengthUs) as EpochUs;
  return { ...range, fromUs, buckets: DEFAULT_BUCKETS };
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
