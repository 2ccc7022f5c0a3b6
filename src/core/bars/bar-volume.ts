import { numberOfSum } from "../attribution/decimal-sum.ts";

/** More parts than any bar has that was put together of posted ones: the minutes of a day. */
const MOST_POSTED_PARTS = 1_440;
/** A double that is no sum has some 17 digits, and rounds to so few by chance alone once in a thousand times. */
const PLAIN_DIGITS = 11;

/**
 * The volume of a bar, from the sum of its sizes as doubles: 0.1, 0.2 and 2.145 traded are 2.445, not 2.4449999999999998. Where it is
 * not said how many trades there were (null), the volume may be one number that was posted, and only plain noise is left out.
 */
export function volumeOf(sum: number, trades: number | null): number {
  if (trades === 1 || Number.isInteger(sum)) return sum;
  const rounded = numberOfSum({ sum, count: trades ?? MOST_POSTED_PARTS, min: 0, max: sum });
  if (trades !== null) return rounded;
  return digitsOf(rounded) <= PLAIN_DIGITS ? rounded : sum;
}

function digitsOf(value: number): number {
  return value.toExponential().replace(".", "").indexOf("e");
}
