import { INSTRUMENTS, type Instrument } from "./instruments.ts";
import { HOUR_SECONDS, PricePath } from "./price-path.ts";
import { type MadeTrade, type MarketKey, tradesOfHour } from "./trades.ts";

const HOUR_US = HOUR_SECONDS * 1e6;

/** A made market: what it traded and where its prices stood, at any time, for ever the same for one key. */
export class Market {
  readonly key: MarketKey;
  readonly #paths: ReadonlyMap<Instrument, PricePath>;
  /** The last hour's prices of each instrument. */
  readonly #hours = new Map<Instrument, { hour: number; prices: Float64Array }>();

  constructor(key: MarketKey) {
    this.key = key;
    this.#paths = new Map(
      INSTRUMENTS.map((instrument) => [instrument, new PricePath(instrument, key.seed)]),
    );
  }

  /** Every trade with `fromUs <= ts`, without end, in the order of time over all instruments. */
  *trades(fromUs: number): Generator<MadeTrade, never> {
    for (let hour = Math.floor(fromUs / HOUR_US); ; hour += 1) {
      const heads = INSTRUMENTS.map((instrument) => this.hour(instrument, hour));
      yield* mergedByTime(heads.map((head) => from(head, fromUs)));
    }
  }

  /** Every trade of `instrument` in `hour` (hours since the epoch), in order. */
  hour(instrument: Instrument, hour: number): Generator<MadeTrade> {
    return tradesOfHour(instrument, this.#path(instrument), this.key, hour);
  }

  /** Price of `instrument` at `us`. */
  price(instrument: Instrument, us: number): number {
    return Math.exp(this.#logPrice(instrument, us));
  }

  /** How lively `instrument` is at `us`: its move of the last ten seconds over what is usual; 1 on average. */
  liveliness(instrument: Instrument, us: number): number {
    const usual = instrument.annualVolatility * Math.sqrt(10 / (365 * 24 * HOUR_SECONDS));
    const move = this.#logPrice(instrument, us) - this.#logPrice(instrument, us - 10e6);
    // The mean of a normal variable's size is 0.8 of its deviation.
    return Math.abs(move) / (0.8 * usual);
  }

  #logPrice(instrument: Instrument, us: number): number {
    const hour = Math.floor(us / HOUR_US);
    let found = this.#hours.get(instrument);
    if (found?.hour !== hour) {
      found = { hour, prices: this.#path(instrument).hour(hour) };
      this.#hours.set(instrument, found);
    }
    return found.prices[Math.floor((us - hour * HOUR_US) / 1e6)] ?? 0;
  }

  #path(instrument: Instrument): PricePath {
    const path = this.#paths.get(instrument);
    if (path === undefined) throw new Error(`${instrument.symbol} is not of this market`);
    return path;
  }
}

function* from(trades: Generator<MadeTrade>, fromUs: number): Generator<MadeTrade> {
  for (const trade of trades) if (trade.ts >= fromUs) yield trade;
}

/** Joins streams that are each in order into one that is. There are few of them, so the earliest is looked for. */
function* mergedByTime(streams: readonly Generator<MadeTrade>[]): Generator<MadeTrade> {
  const heads = streams.map((stream) => ({ stream, next: stream.next() }));
  while (true) {
    let earliest: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done) continue;
      if (
        earliest === undefined ||
        earliest.next.done ||
        head.next.value.ts < earliest.next.value.ts
      ) {
        earliest = head;
      }
    }
    if (earliest === undefined || earliest.next.done) return;
    yield earliest.next.value;
    earliest.next = earliest.stream.next();
  }
}
