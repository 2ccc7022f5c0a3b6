/** Numbers and times as the dashboard writes them. A locale is handed in nowhere: traders read one notation. */

const GROUPED = new Map<number, Intl.NumberFormat>();

function grouped(digits: number): Intl.NumberFormat {
  let format = GROUPED.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat("en-US", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    GROUPED.set(digits, format);
  }
  return format;
}

/** Fraction digits that show a price of this size to about six figures: 2 from 100 up, 8 at most. */
export function priceDigits(price: number): number {
  const size = Math.abs(price);
  if (size === 0 || !Number.isFinite(size)) return 2;
  return Math.min(8, Math.max(2, 4 - Math.floor(Math.log10(size))));
}

/**
 * Fraction digits for a run of prices: as many as the prices themselves have, within what `priceDigits` allows, so that
 * a column of them lines up.
 */
export function digitsOf(prices: readonly number[]): number {
  const most = Math.max(2, ...prices.map(priceDigits));
  let digits = 2;
  for (const price of prices) {
    while (digits < most && Math.abs(price - Number(price.toFixed(digits))) > 1e-9) digits++;
  }
  return digits;
}

export function formatPrice(price: number, digits = priceDigits(price)): string {
  return grouped(digits).format(price);
}

/** A relative change with its sign: 0.0123 is "+1.23 %". */
export function formatChange(change: number): string {
  const percent = change * 100;
  const sign = percent > 0 ? "+" : percent < 0 ? "−" : "";
  return `${sign}${grouped(2).format(Math.abs(percent))} %`;
}

/** A size or volume, short: 1234567 is "1.23M". */
export function formatVolume(volume: number): string {
  const size = Math.abs(volume);
  for (const [unit, letter] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e4, "K"],
  ] as const) {
    if (size >= unit) return `${(volume / (letter === "K" ? 1e3 : unit)).toFixed(2)}${letter}`;
  }
  if (size >= 100 || Number.isInteger(volume)) return grouped(0).format(volume);
  return grouped(size >= 1 ? 2 : 4).format(volume);
}

/** A value of a metric, to about four figures. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e6) return formatVolume(value);
  if (size < 1e-3) return value.toExponential(2);
  return grouped(size >= 1000 ? 1 : size >= 100 ? 2 : size >= 1 ? 3 : 4).format(value);
}

/** How long ago, short: "now", "12 s", "3 min", "5 h", "2 d". */
export function formatAge(ageMs: number): string {
  const seconds = Math.floor(ageMs / 1_000);
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** Time of day where the viewer is; `ts` in microseconds. */
export function formatClock(ts: number): string {
  return CLOCK.format(ts / 1_000);
}
