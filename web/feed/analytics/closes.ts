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

/** Analyses of a page are answered one after the other, and a bucket may begin between two of them. */
const KEPT = 2;

/** Gives the closes of symbols that an analysis rests on. */
export type Closes = (symbols: readonly string[]) => Promise<Answer<BucketValues[]>>;

export type KeptCloses = (looked: LookedAt) => Closes;

/** The closes of what was looked at last: parts of a page that look at the same have the same. */
export function keptCloses(api: Pick<Api, "history">): KeptCloses {
  const kept = new Map<string, Closes>();
  return (looked) => {
    const key = [looked.interval, looked.from, looked.to].join();
    const closes = kept.get(key) ?? closesOf(api, looked);
    kept.delete(key);
    kept.set(key, closes);
    for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
    return closes;
  };
}

/**
 * Asks for the closes that an analysis rests on. What was asked of a symbol is kept, for each of its pairs needs it; what failed is
 * asked again.
 */
export function closesOf(api: Pick<Api, "history">, { interval, from, to }: LookedAt): Closes {
  const asked = new Map<string, Promise<Answer<BucketValues>>>();
  return async (symbols) => {
    const answers = await Promise.all(symbols.map(closesOfOne));
    const values: BucketValues[] = [];
    for (const answer of answers) {
      if (answer.kind !== "ok") return answer;
      values.push(answer.value);
    }
    return { kind: "ok", value: values };
  };

  function closesOfOne(symbol: string): Promise<Answer<BucketValues>> {
    const known = asked.get(symbol);
    if (known !== undefined) return known;
    const asking = ask(symbol);
    asked.set(symbol, asking);
    return asking;
  }

  async function ask(symbol: string): Promise<Answer<BucketValues>> {
    const answer = await api.history(symbol, { interval, limit: MAX_BUCKETS, from, to });
    if (answer.kind !== "ok") {
      asked.delete(symbol);
      return answer;
    }
    const { bars } = answer.value;
    return {
      kind: "ok",
      value: {
        ts: bars.map(({ ts }) => ts as EpochUs),
        values: bars.map(({ close }) => close),
      },
    };
  }
}
