import type { Moment } from "./kinds.ts";

export type Unit = "us" | "ms" | "s";

/** By the last word of a metric's name, as it is measured and in units of a millisecond. */
const PER_MS: Readonly<Record<string, number>> = { us: 1_000, ms: 1, s: 1e-3, seconds: 1e-3 };

/** A running measurement. */
export interface Timer {
  /** Observes the time since the start, once, and gives it. */
  stop(): number;
}

/** One series of a metric. Made by `Edgetape.metric`. */
export class Metric {
  readonly #name: string;
  readonly #observe: (value: number, ts: Moment | undefined) => void;

  constructor(name: string, observe: (value: number, ts: Moment | undefined) => void) {
    this.#name = name;
    this.#observe = observe;
  }

  /** A point of the series, of now or of `ts`. */
  observe(value: number, ts?: Moment): void {
    this.#observe(value, ts);
  }

  /**
   * Observes how long `work` took, a promise of it included, also where it fails; gives what `work` gives. Without `work`: until the
   * timer is stopped. Without `unit` the name tells it, which then ends in `_us`, `_ms`, `_s` or `_seconds`.
   * @throws TypeError where neither does.
   */
  time(unit?: Unit): Timer;
  time<T>(work: () => T, unit?: Unit): T;
  time<T>(work?: (() => T) | Unit, unit?: Unit): T | Timer {
    if (typeof work !== "function") return this.#start(work ?? unit);
    const timer = this.#start(unit);
    let result: T;
    try {
      result = work();
    } catch (error) {
      timer.stop();
      throw error;
    }
    if (!(result instanceof Promise)) {
      timer.stop();
      return result;
    }
    return result.finally(() => timer.stop()) as T;
  }

  #start(unit: Unit | undefined): Timer {
    const known = unit ?? /_([a-z]+)$/.exec(this.#name)?.[1] ?? "";
    const perMs = Object.hasOwn(PER_MS, known) ? PER_MS[known] : undefined;
    if (perMs === undefined) {
      throw new TypeError(`"${this.#name}" does not end in a unit: say time("ms"), or "us" or "s"`);
    }
    const startedMs = performance.now();
    let taken: number | undefined;
    const stop = () => {
      if (taken !== undefined) return taken;
      taken = (performance.now() - startedMs) * perMs;
      this.observe(taken);
      return taken;
    };
    return { stop };
  }
}
