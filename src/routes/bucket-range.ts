import { INTERVAL_SECONDS, type Interval } from "../protocol/interval.ts";
import type { EpochUs } from "../protocol/time.ts";
import type { Parameters } from "./parameters.ts";

/** Most buckets of one analysis: what a query reads in one look. */
export const MAX_BUCKETS = 10_000;
const DEFAULT_BUCKETS = 500;

/** Buckets that begin in [fromUs, toUs); both on bucket borders. */
export interface BucketRange {
  fromUs: EpochUs;
  toUs: EpochUs;
  buckets: number;
}

/** `from` and `to`, moved up to bucket borders; without them the newest 500 buckets, the growing one among them. */
export function readBucketRange(
  parameters: Parameters,
  interval: Interval,
  nowUs: EpochUs,
): BucketRange {
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  const toUs = parameters.time("to") ?? ((nowUs + 1) as EpochUs);
  const fromUs = parameters.time("from") ?? ((toUs - DEFAULT_BUCKETS * lengthUs) as EpochUs);
  if (fromUs >= toUs) parameters.refuse("to", "must be later than from");
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
