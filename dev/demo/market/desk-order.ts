import { INSTRUMENTS, type Instrument } from "./instruments.ts";
import type { Market } from "./market.ts";
import { randomOf } from "./random.ts";

/** What becomes of an order. Times in integer microseconds. */
export type Outcome =
  | { kind: "rejected" }
  | { kind: "filled"; filledUs: number; price: number; firstPart: FirstPart | null };

/** The first of the two parts that an order is filled in. */
export type FirstPart = { ts: number; quantity: number };

/** One order of the desk. Times in integer microseconds. */
export type DeskOrder = {
  number: number;
  instrument: Instrument;
  side: "buy" | "sell";
  /** The first of a pair; the second sells what the first bought, or the other way about. */
  isOpening: boolean;
  quantity: number;
  limit: number;
  /** How sure the strategy is, of 0 to 1. */
  strength: number;
  startUs: number;
  sentUs: number;
  acknowledgedUs: number;
  outcome: Outcome;
};

/** The desk sends an order each so often, so that a candle of a minute has one pair or none; a day begins with the first order of a pair. */
export const ORDER_STEP_US = 10e6;
/** No order lives longer, so an order is over before the next one begins. */
export const LONGEST_LIFE_US = 2e6;
/** One in so many is rejected, and one in so many filled in two parts. */
const REJECTED_IN = 25;
const IN_PARTS_IN = 4;
/** An order moves about so much money, in dollars. */
const ORDER_DOLLARS = 20_000;

/** The order that begins in step `number` since the epoch; null where none does: what was never opened is not closed. */
export function deskOrder(market: Market, number: number): DeskOrder | null {
  const { seed } = market.key;
  const isOpening = number % 2 === 0;
  const ofPair = randomOf(`${seed}/pair/${Math.floor(number / 2)}`);
  const instrument = pick(ofPair());
  const opensWithBuy = ofPair() < 0.5;
  const isRejected = ofPair() * REJECTED_IN < 1;
  if (isRejected && !isOpening) return null;
  const random = randomOf(`${seed}/order/${number}`);
  const side = isOpening === opensWithBuy ? "buy" : "sell";
  const startUs = Math.round(number * ORDER_STEP_US + random() * 5e5);
  const lots = Math.max(2, Math.round(ORDER_DOLLARS / instrument.price / instrument.lot));
  const worst = market.price(instrument, startUs) * (side === "buy" ? 1.0004 : 0.9996);
  const strength = rounded(random(), 2);
  const sentUs = startUs + Math.round(300 + random() * 900);
  const acknowledgedUs = sentUs + Math.round(900 + random() * 3_000);
  const order = {
    ...({
      number,
      instrument,
      side,
      isOpening,
      strength,
      startUs,
      sentUs,
      acknowledgedUs,
    } as const),
    quantity: sizeOf(instrument, lots),
    limit: tick(instrument, worst),
  };
  if (isRejected) return { ...order, outcome: { kind: "rejected" } };
  const filledUs = acknowledgedUs + Math.round(5e3 + random() * 4e5);
  const price = tick(instrument, market.price(instrument, filledUs));
  const firstPart =
    random() * IN_PARTS_IN < 1
      ? {
          ts: Math.round((acknowledgedUs + filledUs) / 2),
          quantity: sizeOf(instrument, Math.floor(lots / 2)),
        }
      : null;
  return { ...order, outcome: { kind: "filled", filledUs, price, firstPart } };
}

/** By their share of the trades. */
function pick(chance: number): Instrument {
  let left = chance;
  for (const instrument of INSTRUMENTS) {
    left -= instrument.share;
    if (left < 0) return instrument;
  }
  return INSTRUMENTS[0] as Instrument;
}

function sizeOf({ lot, sizeDigits }: Instrument, lots: number): number {
  return rounded(lots * lot, sizeDigits);
}

function tick({ tick: step, priceDigits }: Instrument, price: number): number {
  return rounded(Math.round(price / step) * step, priceDigits);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
