import type { Instrument } from "./instruments.ts";
import { gaussian, type Random, randomOf } from "./random.ts";
import { type Shocks, shocksOf } from "./shocks.ts";

export const HOUR_SECONDS = 3_600;
const YEAR_HOURS = 24 * 365;

/** Hours since the epoch of 2026-01-01, where every path begins at the instrument's own price. */
const FIRST_HOUR = 490_896;
/** How far a price is drawn back in an hour: half way in about a month. */
const REVERSION = 0.001;

/** Hourly volatility wanders round its mean: memory of an hour, and spread of its logarithm. */
const REGIME_MEMORY = 0.97;
const REGIME_SPREAD = 0.12;

/** GARCH(1,1) of the seconds: how much of the variance is the last shock's, and how much the last variance's. */
const SHOCK_WEIGHT = 0.06;
const VARIANCE_WEIGHT = 0.92;

/** Where an hour begins: logarithm of the price, and of how lively the hour is. */
type Anchor = { logPrice: number; regime: number };

/**
 * The prices of one instrument, as a function of nothing but the seed and the time. So a market that is started again
 * goes on where it would have been, and the same hour gives the same trades for ever.
 */
export class PricePath {
  readonly #instrument: Instrument;
  readonly #seed: string;
  readonly #hourShocks: Shocks;
  readonly #regimes: Random;
  readonly #anchors: Anchor[];

  constructor(instrument: Instrument, seed: string) {
    this.#instrument = instrument;
    this.#seed = seed;
    this.#hourShocks = shocksOf(instrument, seed, "hours");
    this.#regimes = randomOf(`${seed}/${instrument.symbol}/regimes`);
    this.#anchors = [{ logPrice: Math.log(instrument.price), regime: 0 }];
  }

  /**
   * The logarithm of the price at each second of `hour` (hours since the epoch), 3,601 of them: the last is the first
   * of the next hour. Volatility comes in clusters.
   */
  hour(hour: number): Float64Array {
    const from = this.#anchor(hour);
    const to = this.#anchor(hour + 1);
    const shocks = shocksOf(this.#instrument, this.#seed, `path/${hour}`);
    const path = new Float64Array(HOUR_SECONDS + 1);
    const longVariance = this.#hourVolatility(from) ** 2 / HOUR_SECONDS;
    let variance = longVariance;
    let sum = 0;
    for (let second = 1; second <= HOUR_SECONDS; second += 1) {
      const shock = Math.sqrt(variance) * shocks();
      variance =
        (1 - SHOCK_WEIGHT - VARIANCE_WEIGHT) * longVariance +
        SHOCK_WEIGHT * shock ** 2 +
        VARIANCE_WEIGHT * variance;
      sum += shock;
      path[second] = sum;
    }
    // A bridge: what the walk is off at the end is taken from it evenly, so that hours join.
    const drift = (to.logPrice - from.logPrice - sum) / HOUR_SECONDS;
    for (let second = 0; second <= HOUR_SECONDS; second += 1) {
      path[second] = from.logPrice + (path[second] ?? 0) + drift * second;
    }
    return path;
  }

  /** The walk of the hours is made once, in order, as far as it is asked for. */
  #anchor(hour: number): Anchor {
    const index = Math.max(0, hour - FIRST_HOUR);
    let last = this.#anchors.at(-1) as Anchor;
    while (this.#anchors.length <= index) {
      const pull = REVERSION * (Math.log(this.#instrument.price) - last.logPrice);
      last = {
        logPrice: last.logPrice + pull + this.#hourVolatility(last) * this.#hourShocks(),
        regime: REGIME_MEMORY * last.regime + REGIME_SPREAD * gaussian(this.#regimes),
      };
      this.#anchors.push(last);
    }
    return this.#anchors[index] as Anchor;
  }

  #hourVolatility(anchor: Anchor): number {
    const mean = this.#instrument.annualVolatility / Math.sqrt(YEAR_HOURS);
    return mean * Math.exp(anchor.regime);
  }
}
