import type { Moment } from "./kinds.ts";
export type Unit = "us" | "ms" | "s";
/** A running measurement. */
export interface Timer {
    /** Observes the time since the start, once, and gives it. */
    stop(): number;
}
/** One series of a metric. Made by `Edgetape.metric`. */
export declare class Metric {
    #private;
    constructor(name: string, observe: (value: number, ts: Moment | undefined) => void);
    /** A point of the series, of now or of `ts`. */
    observe(value: number, ts?: Moment): void;
    /**
     * Observes how long `work` took, a promise of it included, also where it fails; gives what `work` gives. Without `work`: until the
     * timer is stopped. Without `unit` the name tells it, which then ends in `_us`, `_ms`, `_s` or `_seconds`.
     * @throws TypeError where neither does.
     */
    time(unit?: Unit): Timer;
    time<T>(work: () => T, unit?: Unit): T;
}
