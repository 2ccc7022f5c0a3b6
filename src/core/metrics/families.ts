/** What a metric of our own is, as Prometheus knows them. */
export type FamilyType = "counter" | "gauge" | "histogram";

/** One number. `suffix`: what a histogram's parts have behind its name. */
export interface Sample {
  suffix: "" | "_bucket" | "_sum" | "_count";
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** All numbers of one name; plain data, so that a runtime can hand them to another. */
export interface Family {
  name: string;
  type: FamilyType;
  help: string;
  samples: Sample[];
}

export interface Described {
  name: string;
  help: string;
}

type Labels<Names extends string> = Readonly<Record<Names, string>>;

/** A number that only grows, one for each set of labels. Values of labels must be few: each set stays for good. */
export class Counter<Names extends string = never> {
  readonly #described: Described;
  readonly #samples = new Map<string, { labels: Labels<Names>; value: number }>();

  /** `known`: sets that are told from the start, so that the first of them is seen as growth. */
  constructor(described: Described, known: readonly Labels<Names>[]) {
    this.#described = described;
    for (const labels of known) this.add(0, labels);
  }

  add(by: number, labels: Labels<Names>): void {
    let key = "";
    for (const name in labels) key += `${labels[name]}\n`;
    const sample = this.#samples.get(key);
    if (sample === undefined) this.#samples.set(key, { labels, value: by });
    else sample.value += by;
  }

  family(): Family {
    const samples = Array.from(this.#samples.values(), ({ labels, value }) => {
      return { suffix: "" as const, labels, value };
    });
    return { ...this.#described, type: "counter", samples };
  }
}

/** How durations are spread, in seconds. */
export class Histogram {
  readonly #described: Described;
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** `bounds`: the upper end of each bucket, growing; what is beyond the last is counted too. */
  constructor(described: Described, bounds: readonly number[]) {
    this.#described = described;
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Less than nothing, as where the clock was turned back, counts as 0. */
  observe(seconds: number): void {
    const value = Math.max(0, seconds);
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] as number)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  family(): Family {
    let count = 0;
    const samples: Sample[] = [];
    for (const [at, here] of this.#counts.entries()) {
      count += here;
      const bound = this.#bounds[at];
      const le = bound === undefined ? "+Inf" : String(bound);
      samples.push({ suffix: "_bucket", labels: { le }, value: count });
    }
    samples.push({ suffix: "_sum", labels: {}, value: this.#sum });
    samples.push({ suffix: "_count", labels: {}, value: count });
    return { ...this.#described, type: "histogram", samples };
  }
}

/**
 * What objects have, each under its name. An object that left memory is still told: its sockets and its log are as they were, and
 * nobody has to wake it.
 */
export class OfObjects<State> {
  readonly #states = new Map<string, State>();

  set(object: string, state: State): void {
    this.#states.set(object, state);
  }

  delete(object: string): void {
    this.#states.delete(object);
  }

  get all(): Iterable<State> {
    return this.#states.values();
  }

  get size(): number {
    return this.#states.size;
  }
}

/** A number that goes up and down; none where nobody knows it. One unknown number must not cost all others. */
export function gauge(
  described: Described,
  ...values: readonly (number | null | undefined | { labels: Sample["labels"]; value: number })[]
): Family {
  const samples = values
    .filter((value) => value !== null && value !== undefined)
    .map((value) => (typeof value === "number" ? { labels: {}, value } : value));
  return {
    ...described,
    type: "gauge",
    samples: samples.map(({ labels, value }) => ({ suffix: "", labels, value })),
  };
}
