import { INSTRUMENTS, type Instrument } from "./instruments.ts";
import type { Market } from "./market.ts";
import { pareto, randomOf } from "./random.ts";

type Level = [price: number, size: number];

/** A book, or what has changed of it, as it is posted. `ts` in integer microseconds. */
export type MadeBook = {
  symbol: string;
  type: "snapshot" | "diff";
  bids: Level[];
  asks: Level[];
  seq: number;
  ts: number;
};

export const BOOK_STEP_US = 250_000;
/** A whole book so often, in steps; in between what has changed. */
const SNAPSHOT_STEPS = 240;
const LEVELS = 20;
/** Levels are so far apart, in parts of the price, where the tick is finer. */
const LEVEL_SPACING = 1e-5;
/** The orders of a level stay for so long on average, the levels taking turns. */
const LIFETIME_US = 4e6;
const SIZE_TAIL = 1.8;

/** Makes the books of the market: at first whole ones, then the changes from one step to the next. */
export class BookMaker {
  readonly #market: Market;
  readonly #last = new Map<string, { bids: Level[]; asks: Level[] }>();

  constructor(market: Market) {
    this.#market = market;
  }

  /** What there is to push of every instrument at a step, `us` being whole steps. */
  step(us: number): MadeBook[] {
    const seq = us / BOOK_STEP_US;
    return INSTRUMENTS.flatMap((instrument): MadeBook[] => {
      const { symbol } = instrument;
      const book = bookAt(this.#market, instrument, us);
      const before = this.#last.get(symbol);
      this.#last.set(symbol, book);
      if (before === undefined || seq % SNAPSHOT_STEPS === 0) {
        return [{ symbol, type: "snapshot", ...book, seq, ts: us }];
      }
      const bids = changesOf(before.bids, book.bids);
      const asks = changesOf(before.asks, book.asks);
      if (bids.length + asks.length === 0) return [];
      return [{ symbol, type: "diff", bids, asks, seq, ts: us }];
    });
  }
}

/** The book of an instrument at `us`, a function of the market and the time alone. */
function bookAt(market: Market, instrument: Instrument, us: number) {
  const { tick, price: usual, priceDigits } = instrument;
  const spacing = Math.max(1, Math.round((usual * LEVEL_SPACING) / tick)) * tick;
  const middle = priceBetween(market, instrument, us) / spacing;
  const side = (first: number, step: 1 | -1) =>
    Array.from({ length: LEVELS }, (_, depth): Level => {
      const level = first + depth * step;
      const price = Number((level * spacing).toFixed(priceDigits));
      return [price, sizeAt(market, instrument, level, depth, us)];
    });
  return { bids: side(Math.ceil(middle) - 1, -1), asks: side(Math.floor(middle) + 1, 1) };
}

/** The price between two seconds, as trades have it. */
function priceBetween(market: Market, instrument: Instrument, us: number): number {
  const part = (us % 1e6) / 1e6;
  return market.price(instrument, us) ** (1 - part) * market.price(instrument, us + 1e6) ** part;
}

/** More waits further from the middle, and what waits is another after a while. */
function sizeAt(
  market: Market,
  { symbol, lot, sizeDigits }: Instrument,
  level: number,
  depth: number,
  us: number,
): number {
  const life = Math.floor(us / LIFETIME_US + randomOf(`${symbol}/phase/${level}`)());
  const random = randomOf(`${market.key.seed}/${symbol}/book/${level}/${life}`);
  const lots = Math.min(
    2_000,
    Math.ceil(8 * (1 + depth / 3) * pareto(random, SIZE_TAIL) * random()),
  );
  return Number((lots * lot).toFixed(sizeDigits));
}

/** Levels of `after` that are not in `before`, and those that are gone. */
function changesOf(before: readonly Level[], after: readonly Level[]): Level[] {
  const [old, now] = [new Map(before), new Map(after)];
  const gone = before.filter(([price]) => !now.has(price)).map(([price]): Level => [price, 0]);
  return [...gone, ...after.filter(([price, size]) => old.get(price) !== size)];
}
