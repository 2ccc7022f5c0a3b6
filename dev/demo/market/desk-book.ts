import { deskOrder, ORDER_STEP_US } from "./desk-order.ts";
import { INSTRUMENTS, type Instrument } from "./instruments.ts";
import type { Market } from "./market.ts";
import { randomOf } from "./random.ts";

/** What the desk holds of an instrument from `ts` on, in integer microseconds. */
export type Held = {
  ts: number;
  quantity: number;
  /** What a unit of it cost on average. */
  avgPrice: number;
  /** What sales have brought less what purchases have cost since the day began, in dollars. */
  cash: number;
};

/** A fill: above 0 it was bought, below 0 sold. */
export type Fill = { ts: number; quantity: number; price: number };

type Day = {
  /** The next order that is not in `steps`. */
  next: number;
  /** What is held of each instrument, oldest first; the first is of the begin of the day. */
  steps: ReadonlyMap<Instrument, Held[]>;
};

const DAY_US = 86_400e6;
/** The state is told so long after the fill that made it. */
const BOOKED_AFTER_US = 60;
/** Points and orders of about the same time are on two days at most. */
const MOST_DAYS = 2;
/** An average has so many digits more than a price. */
const MORE_DIGITS = 4;
/** Money behind each instrument's position, in dollars. */
const EQUITY = 1_000_000;

/**
 * What the desk holds and what it is worth, a function of the market and the time alone: whoever asks, after whatever
 * restart, is told the same. The desk settles at midnight (UTC), as futures are settled: every position goes on at the
 * price of midnight, and what round trips of the day have made is paid out. So no day depends on the one before.
 */
export class DeskBook {
  readonly market: Market;
  readonly #days = new Map<number, Day>();

  constructor(market: Market) {
    this.market = market;
  }

  /** What is held of `instrument` at `us`. */
  held(instrument: Instrument, us: number): Held {
    const steps = this.#stepsOf(instrument, us);
    return steps.findLast(({ ts }) => ts <= us) ?? (steps[0] as Held);
  }

  /** What is held after each settlement and fill with `fromUs <= ts < untilUs`. */
  *changes(fromUs: number, untilUs: number): Generator<{ instrument: Instrument; held: Held }> {
    for (let day = Math.floor(fromUs / DAY_US); day * DAY_US < untilUs; day += 1) {
      const lastUs = Math.min(untilUs, (day + 1) * DAY_US) - 1;
      for (const instrument of INSTRUMENTS) {
        const steps = this.#stepsOf(instrument, lastUs);
        for (const held of steps.slice(steps.findLastIndex(({ ts }) => ts < fromUs) + 1)) {
          if (held.ts < untilUs) yield { instrument, held };
        }
      }
    }
  }

  /** The money behind the position, and what the position has made of it, in dollars. */
  value(instrument: Instrument, us: number): number {
    const { quantity, cash } = this.held(instrument, us);
    const atFirst = startOf(instrument, this.market.key.seed) * instrument.price;
    const sinceMidnight = cash + quantity * this.market.price(instrument, us);
    return EQUITY + sinceMidnight - atFirst;
  }

  /** As far as `us` at least. */
  #stepsOf(instrument: Instrument, us: number): readonly Held[] {
    const { market } = this;
    const beginUs = Math.floor(us / DAY_US) * DAY_US;
    const day = this.#days.get(beginUs) ?? this.#begin(beginUs);
    for (; day.next * ORDER_STEP_US <= us; day.next += 1) {
      const order = deskOrder(market, day.next);
      if (order?.outcome.kind !== "filled") continue;
      const steps = day.steps.get(order.instrument) as Held[];
      const { filledUs, price } = order.outcome;
      const quantity = order.side === "buy" ? order.quantity : -order.quantity;
      const fill = { ts: filledUs + BOOKED_AFTER_US, quantity, price };
      steps.push(afterFill(order.instrument, steps.at(-1) as Held, fill));
    }
    return day.steps.get(instrument) as Held[];
  }

  /** At midnight no pair is open. */
  #begin(ts: number): Day {
    const settled = (instrument: Instrument): Held => {
      const avgPrice = rounded(this.market.price(instrument, ts), instrument.priceDigits);
      const quantity = startOf(instrument, this.market.key.seed);
      return { ts, quantity, avgPrice, cash: 0 };
    };
    const day = {
      next: ts / ORDER_STEP_US,
      steps: new Map(INSTRUMENTS.map((instrument) => [instrument, [settled(instrument)]])),
    };
    this.#days.set(ts, day);
    if (this.#days.size > MOST_DAYS) this.#days.delete(Math.min(...this.#days.keys()));
    return day;
  }
}

/**
 * What is held after a fill, by average cost: what adds to a position moves its average price, what is taken from it
 * does not, and a position that has turned round through zero has cost the price of the fill.
 */
export function afterFill(instrument: Instrument, before: Held, fill: Fill): Held {
  const quantity = rounded(before.quantity + fill.quantity, instrument.sizeDigits);
  const cash = before.cash - fill.quantity * fill.price;
  return {
    ts: fill.ts,
    quantity,
    avgPrice: averageAfter(instrument, before, fill, quantity),
    cash,
  };
}

function averageAfter(
  { priceDigits }: Instrument,
  before: Held,
  fill: Fill,
  quantity: number,
): number {
  if (quantity === 0 || before.quantity * quantity <= 0) return fill.price;
  if (Math.abs(quantity) < Math.abs(before.quantity)) return before.avgPrice;
  const cost = before.quantity * before.avgPrice + fill.quantity * fill.price;
  return rounded(cost / quantity, priceDigits + MORE_DIGITS);
}

/** Held as a day begins, through all of a seed's market: a million dollars' worth or so, some of it short. */
function startOf(instrument: Instrument, seed: string): number {
  const random = randomOf(`${seed}/${instrument.symbol}/position`);
  const dollars = (0.5 + random()) * 1e6 * (random() < 0.3 ? -1 : 1);
  const lots = Math.round(dollars / instrument.price / instrument.lot);
  return rounded(lots * instrument.lot, instrument.sizeDigits);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
