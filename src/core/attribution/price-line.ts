import type { EpochUs } from "../../protocol/words/time.ts";
import type { BucketValues } from "../statistics/bucket-values.ts";

/** A close, and the start of the bucket that it is of. */
export interface Price {
  ts: EpochUs;
  price: number;
}

/** The last close before `momentUs`, a bucket border, however old; undefined where there is none. */
export function priceBefore({ ts, values }: BucketValues, momentUs: number): Price | undefined {
  let [low, high] = [0, ts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ts[middle] as number) < momentUs) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return undefined;
  return { ts: ts[low - 1] as EpochUs, price: values[low - 1] as number };
}
