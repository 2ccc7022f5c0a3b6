/**
 * The one rule for digits. Numbers of a kind (the prices of an instrument, its sizes, the ticks of an axis) are written
 * to the finest step seen among them, so that they line up and none reads as another; with an exponent where the plain
 * text would not fit.
 */

/** What has been seen of the numbers of one kind. */
export interface Digits {
  /** Decimals of the finest step; negative where all are multiples of ten, minus infinity before any number. */
  decimals: number;
  /** The largest size of any of them. */
  largest: number;
}

export const NO_DIGITS: Digits = { decimals: Number.NEGATIVE_INFINITY, largest: 0 };

/** A number with more figures than this is no tick of an instrument but was computed, and is noise in its last digits. */
const MOST_FIGURES = 12;
/** As many figures of a computed number are shown. */
const COMPUTED_FIGURES = 8;
/** Plain text longer than this gives way to an exponent, where it would be zeros for the most part. */
const FITTING_LENGTH = 12;
const ZEROS_BEFORE = -7;
const ZEROS_AFTER = 12;
/** The most that tell two doubles apart. */
const DOUBLE_FIGURES = 15;
/** What a float of 32 bits holds: many sources keep 1455.22 as one, and say 1455.219971. */
const SINGLE_FIGURES = 7;
/** The most that `Intl.NumberFormat` takes on every browser. */
const MOST_DECIMALS = 20;

const GROUPED = new Map<number, Intl.NumberFormat>();

/** With thousands apart and exactly `decimals` decimals, of which browsers write 20 at most. */
export function grouped(value: number, decimals: number): string {
  const digits = Math.min(MOST_DECIMALS, Math.max(0, decimals));
  let format = GROUPED.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat("en-US", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      // What rounds to nothing has no sign.
      signDisplay: "negative",
    });
    GROUPED.set(digits, format);
  }
  return withMinus(format.format(value));
}

/** A negative number begins with the sign of minus, which is as wide as plus, and not with a hyphen. */
function withMinus(text: string): string {
  return text.replace(/^-/, "−");
}

/** The decimals `value` has; negative where it ends with zeros: 0.25 has 2, 1.2e-10 has 11, 97,000 has -3. */
export function decimalsOf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return Number.NEGATIVE_INFINITY;
  const fraction = (text: string) => /\.(\d*?)0*e/.exec(text)?.[1]?.length ?? 0;
  const exponent = exponentOf(value);
  const own = fraction(value.toExponential());
  if (own < SINGLE_FIGURES) return own - exponent;
  const short = Number(value.toPrecision(SINGLE_FIGURES));
  const decimals = Math.min(MOST_DECIMALS, Math.max(0, own - exponent));
  const shorter = fraction(short.toExponential());
  const isSingle = Math.fround(short).toFixed(decimals) === value.toFixed(decimals);
  // Two digits less would be chance now and then.
  if (isSingle && shorter <= own - 3) return shorter - exponent;
  const figures = own < MOST_FIGURES ? own : fraction(value.toExponential(COMPUTED_FIGURES - 1));
  return figures - exponent;
}

/** The digits after a look at more numbers of the kind; the same object where they change nothing. */
export function digitsAfter(digits: Digits, values: Iterable<number>): Digits {
  let { decimals, largest } = digits;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const size = Math.abs(value);
    if (size > largest) largest = size;
    // The usual number is no finer than those before it, which is seen without making a text of it.
    const steps = value * 10 ** decimals;
    const whole = Math.round(steps);
    const isNoFiner = whole !== 0 && Math.abs(steps - whole) <= Math.abs(steps) * 1e-12;
    if (!isNoFiner) decimals = Math.max(decimals, decimalsOf(value));
  }
  const most = MOST_FIGURES - 1 - exponentOf(largest);
  decimals = Math.min(decimals, most);
  return decimals === digits.decimals && largest === digits.largest
    ? digits
    : { decimals, largest };
}

export function digitsOf(values: Iterable<number>): Digits {
  return digitsAfter(NO_DIGITS, values);
}

/** A number of the kind, with at least `fewest` decimals where it is written plainly. */
export function writeNumber(value: number, { decimals, largest }: Digits, fewest: number): string {
  const plainDecimals = Math.max(fewest, decimals, 0);
  const exponent = exponentOf(largest);
  const isFew = exponent > ZEROS_BEFORE && exponent < ZEROS_AFTER;
  return isFew || plainLengthOf(exponent, plainDecimals) <= FITTING_LENGTH
    ? grouped(value, plainDecimals)
    : withExponent(value, decimals);
}

/** To the same decimal as all of its kind: 1.25e-10 and 9.5e-11 have 12 decimals each. */
export function withExponent(value: number, decimals: number): string {
  if (value === 0) return "0";
  const figures = Math.min(DOUBLE_FIGURES, Math.max(0, exponentOf(Math.abs(value)) + decimals));
  return withMinus(value.toExponential(figures).replace("e+", "e"));
}

/** The power of ten of a number's first digit; 0 for 0. */
export function exponentOf(size: number): number {
  return size === 0 || !Number.isFinite(size) ? 0 : Number(size.toExponential().split("e")[1]);
}

function plainLengthOf(exponent: number, decimals: number): number {
  const whole = Math.max(1, exponent + 1);
  return whole + Math.floor((whole - 1) / 3) + (decimals > 0 ? decimals + 1 : 0);
}
