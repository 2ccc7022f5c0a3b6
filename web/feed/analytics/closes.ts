import type { BucketValues } from "../../../src/core/statistics/bucket-values.ts";
import type { Interval } from "../../../src/protocol/events/bar.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import type { Answer, Api } from "../api.ts";

/** The buckets that an analysis looked at, as its answer says. */
export interface LookedAt {
  interval: Interval;
  from: number;
  to: number;
}

/** As many buckets as an analysis has at the most. */
const MAX_BUCKETS = 10_000;

/** Asks for the closes that an analysis rests on. What was answered is kept: each pair of symbols needs them again. */
export function closesOf(api: Pick<Api, "history">, { interval, from, to }: LookedAt) {
  const kept = new Map<string, BucketValues>();
  return async (symbols: readonly string[]): Promise<Answer<BucketValues[]>> => {
    const found: BucketValues[] = [];
    for (const symbol of symbols) {
      const known = kept.get(symbol);
      if (known !== undefined) found.push(known);
      else {
        const answer = await api.history(symbol, { interval, limit: MAX_BUCKETS, from, to });
        if (answer.kind !== "ok") return answer;
        const { bars } = answer.value;
        const closes = {
          ts: bars.map(({ ts }) => ts as EpochUs),
          values: bars.map(({ close }) => close),
        };
        kept.set(symbol, closes);
        found.push(closes);
      }
    }
    return { kind: "ok", value: found };
  };
}
