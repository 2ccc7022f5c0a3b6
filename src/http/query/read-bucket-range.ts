import { type BucketRange, MAX_BUCKETS } from "../../core/time/bucket-range.ts";
import { EARLIEST_US } from "../../core/time/timestamp.ts";
import { INTERVAL_SECONDS, type Interval } from "../../protocol/words/interval.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Parameters } from "./parameters.ts";

const DEFAULT_BUCKETS = 500;
/** Most closes of all symbols together. The work grows with the pairs, and on one machine all rooms wait for it. */
const MAX_CLOSES = 100_000;

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

/** Says where so many symbols have more closes in a range than one answer is made of. */
export function limitCloses(
  parameters: Parameters,
  { buckets }: BucketRange,
  symbols: number,
): void {
  if (buckets * symbols <= MAX_CLOSES) return;
  parameters.refuse(
    "symbols",
    `times buckets are more than ${MAX_CLOSES}: take fewer, a longer interval or a shorter range`,
  );
}
