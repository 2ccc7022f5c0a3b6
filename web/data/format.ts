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

/** The most fraction digits a price of this size is shown with: six figures, 2 from 1,000 up, 8 at most. */
function priceDigits(price: number): number {
  const size = Math.abs(price);
  if (size === 0 || !Number.isFinite(size)) return 2;
  return Math.min(8, Math.max(2, 5 - Math.floor(Math.log10(size))));
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

export function formatPrice(price: number, digits = digitsOf([price])): string {
  return grouped(digits).format(price);
}

/** A relative change with its sign: 0.0123 is "+1.23 %". */
export function formatChange(change: number): string {
  const size = grouped(2).format(Math.abs(change * 100));
  const sign = size === "0.00" ? "" : change > 0 ? "+" : "−";
  return `${sign}${size} %`;
}

/** Money won or lost, short and with its sign: 1234567 is "+1.23M". */
export function formatGain(gain: number): string {
  const size = formatVolume(Math.abs(gain));
  return Number(gain.toFixed(4)) === 0 ? size : `${gain > 0 ? "+" : "−"}${size}`;
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
  if (size >= 1e7) return formatVolume(value);
  if (size < 1e-3) return value.toExponential(2);
  return grouped(Math.max(0, Math.min(4, 3 - Math.floor(Math.log10(size))))).format(value);
}

/** A tick of an axis whose ticks are `increment` apart: as many fraction digits as tell two of them apart. */
export function formatTick(value: number, increment: number): string {
  if (Math.abs(value) >= 1e7) return formatVolume(value);
  let digits = 0;
  while (digits < 8 && Math.abs(increment - Number(increment.toFixed(digits))) > increment / 1e3) {
    digits++;
  }
  return grouped(digits).format(value);
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

const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "2-digit" });
const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** Sizes of a list, with the fraction digits the finest of them needs, four at most, so that the column lines up. */
export function sizeDigits(sizes: readonly number[]): number {
  let digits = 0;
  for (const size of sizes) {
    while (digits < 4 && Math.abs(size - Number(size.toFixed(digits))) > 1e-9) digits++;
  }
  return digits;
}

export function formatSize(size: number, digits: number): string {
  return size >= 1e6 ? formatVolume(size) : grouped(digits).format(size);
}

/** Time of day where the viewer is; `ts` in microseconds. */
export function formatClock(ts: number): string {
  return CLOCK.format(ts / 1_000);
}

/** Time of day, or the date where it is more than a day from `nowMs`. */
export function formatMoment(ts: number, nowMs: number): string {
  const ms = ts / 1_000;
  return Math.abs(nowMs - ms) < 86_400_000 ? CLOCK.format(ms) : DATE.format(ms);
}
