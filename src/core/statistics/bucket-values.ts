import type { EpochUs } from "../../protocol/words/time.ts";

/** One value a bucket, such as its close, oldest first; a bucket without data is left out. `ts` is a bucket's start. */
export interface BucketValues {
  ts: readonly EpochUs[];
  values: readonly number[];
}

/** Where the first value of zero or less stands, or -1: from there on there are no returns. */
export function firstNotPositive(values: readonly number[]): number {
  return values.findIndex((value) => !(value > 0));
}

/** What both have a bucket for, in two columns of the same buckets. */
export function commonBuckets(a: BucketValues, b: BucketValues): [BucketValues, BucketValues] {
  const ts: EpochUs[] = [];
  const ofA: number[] = [];
  const ofB: number[] = [];
  let atB = 0;
  a.ts.forEach((bucketUs, atA) => {
    while ((b.ts[atB] ?? Number.POSITIVE_INFINITY) < bucketUs) atB += 1;
    if (b.ts[atB] !== bucketUs) return;
    ts.push(bucketUs);
    ofA.push(a.values[atA] as number);
    ofB.push(b.values[atB] as number);
  });
  return [
    { ts, values: ofA },
    { ts, values: ofB },
  ];
}
