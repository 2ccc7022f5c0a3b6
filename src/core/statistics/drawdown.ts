import type { Drawdown } from "../../protocol/answers/analytics.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { BucketValues } from "./bucket-values.ts";

/**
 * The deepest fall of positive values below their highest so far: min over t of v[t] / max(v[s], s <= t) - 1
 * (Magdon-Ismail and Atiya, Maximum drawdown, Risk 17, 2004). Of equal falls the earliest; its peak is the first moment
 * of that height, and the recovery the first one after the trough at that height or above.
 */
export function maxDrawdown({ ts, values }: BucketValues): Drawdown {
  let highestAt = 0;
  let depth = 0;
  let peakAt = 0;
  let troughAt = 0;
  values.forEach((value, at) => {
    const highest = values[highestAt] as number;
    if (value > highest) highestAt = at;
    // The subtraction of near values is exact, where the ratio is rounded.
    const fall = (value - highest) / highest;
    if (fall < depth) [depth, peakAt, troughAt] = [fall, highestAt, at];
  });
  if (depth === 0) return { kind: "none" };
  const peak = values[peakAt] as number;
  const recoveredAt = values.findIndex((value, at) => at > troughAt && value >= peak);
  return {
    ...{ kind: "drawdown", depth },
    ...{ peak: ts[peakAt] as EpochUs, trough: ts[troughAt] as EpochUs },
    recovery: ts[recoveredAt] ?? null,
  };
}
