import type { Instrument } from "./instruments.ts";
import { gaussian, randomOf } from "./random.ts";

/** A source of shocks: each call gives the next number of the standard normal distribution. */
export type Shocks = () => number;

/**
 * The shocks of `instrument` in the stretch of time that `key` names. A part of each is the whole market's and a part
 * its group's, the same for whoever asks with the same key, so instruments are correlated as their groups say
 * (a one-factor model in two layers: the squares of the weights add up to 1).
 */
export function shocksOf(instrument: Instrument, seed: string, key: string): Shocks {
  const { name, ofMarket, ofGroup } = instrument.group;
  const market = randomOf(`${seed}/market/${key}`);
  const group = randomOf(`${seed}/group ${name}/${key}`);
  const own = randomOf(`${seed}/${instrument.symbol}/${key}`);
  const ofOwn = Math.sqrt(1 - ofMarket ** 2 - ofGroup ** 2);
  return () => ofMarket * gaussian(market) + ofGroup * gaussian(group) + ofOwn * gaussian(own);
}
