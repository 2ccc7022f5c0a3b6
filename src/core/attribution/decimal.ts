/**
 * An exact decimal number: `units` / 10^`scale`. Units that a double has exactly are a number, for arithmetic on them takes a
 * twentieth of the time; all others are a bigint.
 */
export interface Decimal {
  units: number | bigint;
  scale: number;
}

export const ZERO: Decimal = { units: 0, scale: 0 };

/** What a double of so many digits was written as has no more of them, and no two of those are one double. */
const EXACT_UNITS = 1e15;
const MOST_DECIMALS = 9;

/**
 * The decimal that a producer wrote for this finite double: the shortest that reads back as it. So 1.005 is 1.005 here and
 * not the double's 1.00499999999999989…, and a hundred of them cost 100.50 to the cent.
 */
export function decimalOf(value: number): Decimal {
  for (let scale = 0, power = 1; scale <= MOST_DECIMALS; scale += 1, power *= 10) {
    const units = Math.round(value * power);
    if (Math.abs(units) >= EXACT_UNITS) break;
    if (units / power === value) return { units: units + 0, scale };
  }
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const units = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale };
}

export function productOf(a: Decimal, b: Decimal): Decimal {
  return { units: timesExactly(a.units, b.units), scale: a.scale + b.scale };
}

export function sumOf(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [unitsAt(a, scale), unitsAt(b, scale)];
  if (typeof x === "number" && typeof y === "number" && Number.isSafeInteger(x + y)) {
    return { units: x + y, scale };
  }
  return { units: BigInt(x) + BigInt(y), scale };
}

export function differenceOf(a: Decimal, b: Decimal): Decimal {
  return sumOf(a, { units: -b.units, scale: b.scale });
}

export function sizeOf({ units, scale }: Decimal): Decimal {
  return { units: units < 0 ? -units : units, scale };
}

/** -1, 0 or 1. */
export function signOf({ units }: Decimal): -1 | 0 | 1 {
  if (units < 0) return -1;
  return units > 0 ? 1 : 0;
}

/** The nearest double. */
export function numberOf({ units, scale }: Decimal): number {
  return Number(`${units}e-${scale}`);
}

/** Whole cents; half a cent goes away from zero, as on an invoice. */
export function centsOf({ units, scale }: Decimal): bigint {
  if (typeof units === "number" && scale > 2 && scale <= 17) {
    const divisor = 10 ** (scale - 2);
    const rest = units % divisor;
    const isUp = Math.abs(rest) * 2 >= divisor;
    return BigInt((units - rest) / divisor + (isUp ? Math.sign(units) : 0));
  }
  const whole = BigInt(units);
  if (scale <= 2) return whole * 10n ** BigInt(2 - scale);
  const divisor = 10n ** BigInt(scale - 2);
  const half = divisor / 2n;
  return (whole + (whole < 0n ? -half : half)) / divisor;
}

function unitsAt({ units, scale }: Decimal, wanted: number): number | bigint {
  if (wanted === scale) return units;
  // A power of ten is a safe whole number up to here; timesExactly looks at the product.
  const power = wanted - scale <= 15 ? 10 ** (wanted - scale) : 10n ** BigInt(wanted - scale);
  return timesExactly(units, power);
}

function timesExactly(a: number | bigint, b: number | bigint): number | bigint {
  // A product that is rounded is no smaller than the largest safe whole number.
  if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a * b)) return a * b;
  return BigInt(a) * BigInt(b);
}
