import { decimalsOf, exponentOf, grouped, withExponent } from "../words/digits.ts";

/** Longer texts give way to a unit or an exponent where that is shorter. */
const FITTING_LENGTH = 9;

const UNITS = [
  [1e3, "K"],
  [1e6, "M"],
  [1e9, "B"],
  [1e12, "T"],
] as const;

/**
 * The texts of an axis whose ticks are `increment` apart: all in one notation, with the digits that tell two of them
 * apart.
 */
export function tickTexts(ticks: readonly number[], increment: number): string[] {
  const decimals = decimalsOf(increment);
  const largest = ticks.reduce((most, tick) => Math.max(most, Math.abs(tick)), 0);
  const [first, ...others] = notationsFor(largest, decimals);
  let best = ticks.map(first);
  if (longest(best) <= FITTING_LENGTH) return best;
  for (const write of others) {
    const texts = ticks.map(write);
    if (longest(texts) < longest(best)) best = texts;
  }
  return best;
}

export function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0);
}

/** The plainest first. */
function notationsFor(
  largest: number,
  decimals: number,
): [(tick: number) => string, ...((tick: number) => string)[]] {
  const unit = UNITS.findLast(([size]) => largest >= size);
  const plain = (tick: number) => grouped(tick, decimals);
  const exponent = (tick: number) => {
    // Steps added up miss zero by a hair.
    const isNil = Math.abs(tick) < 10 ** -decimals / 2;
    return withExponent(isNil ? 0 : tick, decimals);
  };
  if (unit === undefined || exponentOf(largest) >= 15) return [plain, exponent];
  const [size, letter] = unit;
  const inUnits = (tick: number) => `${grouped(tick / size, decimals + exponentOf(size))}${letter}`;
  return [plain, inUnits, exponent];
}
