import { arrivals } from "./arrivals.ts";
import type { Instrument } from "./instruments.ts";
import { HOUR_SECONDS, type PricePath } from "./price-path.ts";
import { pareto, type Random, randomOf } from "./random.ts";

/** A trade as it is posted. `ts` in integer microseconds. */
export type MadeTrade = {
  symbol: string;
  price: number;
  size: number;
  side: "buy" | "sell";
  id: string;
  venue: string;
  ts: number;
};

export type MarketKey = {
  seed: string;
  /** Trades a second, over all instruments. */
  tradesPerSecond: number;
};

/** Orders are cut into many trades, so the next trade has the side of the last one this often. */
const SAME_SIDE = 0.7;
/** Tail of the sizes: their mean exists, their variance does not. */
const SIZE_TAIL = 1.6;
const LARGEST_LOTS = 5_000;

/**
 * The trades of one instrument in one hour (hours since the epoch), in order. The same key and hour give the same
 * trades with the same ids, whenever they are asked for; that is what makes pushing them again harmless.
 */
export function* tradesOfHour(
  instrument: Instrument,
  path: PricePath,
  key: MarketKey,
  hour: number,
): Generator<MadeTrade> {
  const { symbol, venue } = instrument;
  const random = randomOf(`${key.seed}/${symbol}/trades/${hour}/${key.tradesPerSecond}`);
  const prices = path.hour(hour);
  const hourUs = hour * HOUR_SECONDS * 1e6;
  const rate = key.tradesPerSecond * instrument.share;
  let side: MadeTrade["side"] = "buy";
  let count = 0;
  for (const at of arrivals(random, rate, HOUR_SECONDS)) {
    if (random() > SAME_SIDE) side = side === "buy" ? "sell" : "buy";
    const second = Math.floor(at);
    const from = prices[second] ?? 0;
    const middle = Math.exp(from + (at - second) * ((prices[second + 1] ?? from) - from));
    // A buyer pays the offer and a seller takes the bid, half a tick to either side at the least.
    const touch = middle + (side === "buy" ? 0.5 : -0.5) * instrument.tick;
    yield {
      symbol,
      price: rounded(Math.round(touch / instrument.tick) * instrument.tick, instrument.priceDigits),
      size: sizeOf(instrument, random),
      side,
      id: `${key.seed}-${key.tradesPerSecond}-${hour}-${count}`,
      venue,
      ts: hourUs + Math.floor(at * 1e6),
    };
    count += 1;
  }
}

function sizeOf(instrument: Instrument, random: Random): number {
  const lots = Math.min(LARGEST_LOTS, Math.ceil(3 * pareto(random, SIZE_TAIL) * random()));
  return rounded(lots * instrument.lot, instrument.sizeDigits);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
