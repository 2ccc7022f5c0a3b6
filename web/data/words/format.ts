/** Numbers and times as the dashboard writes them. A locale is handed in nowhere: traders read one notation. */

import { tickTexts } from "../bars/ticks.ts";
import { timeText, type ZoneId } from "../times/times.ts";
import {
  type Digits,
  decimalsOf,
  digitsOf,
  exponentOf,
  grouped,
  withExponent,
  writeNumber,
} from "./digits.ts";

/** Prices look like money: two decimals at least. */
const FEWEST_PRICE_DECIMALS = 2;
/** What a column of sizes has room for. */
const SIZE_LENGTH = 10;

/** A price, with the digits of its instrument. */
export function formatPrice(price: number, digits: Digits = digitsOf([price])): string {
  return writeNumber(price, digits, FEWEST_PRICE_DECIMALS);
}

/** A relative change with its sign: 0.0123 is "+1.23 %". */
export function formatChange(change: number): string {
  const percent = change * 100;
  const text = Math.abs(percent) >= 1e4 ? formatVolume(percent) : grouped(percent, 2);
  return `${change > 0 && text !== "0.00" ? "+" : ""}${text} %`;
}

/** Money won or lost, short and with its sign: 1234567 is "+1.23M". */
export function formatGain(gain: number): string {
  return `${gain > 0 ? "+" : ""}${formatVolume(gain)}`;
}

const UNITS = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e4, "K"],
] as const;

/** A size or volume, short: 1234567 is "1.23M". Nothing that is not 0 reads as 0. */
export function formatVolume(volume: number): string {
  const size = Math.abs(volume);
  if (size >= 1e15) return withExponent(volume, 2 - exponentOf(size));
  for (const [unit, letter] of UNITS) {
    if (size >= unit) return `${grouped(volume / (letter === "K" ? 1e3 : unit), 2)}${letter}`;
  }
  if (size >= 100 || Number.isInteger(volume)) return grouped(volume, 0);
  if (size >= 0.01) return grouped(volume, size >= 1 ? 2 : 4);
  const decimals = Math.min(decimalsOf(volume), 3 - exponentOf(size));
  return size >= 1e-6 ? grouped(volume, decimals) : withExponent(volume, decimals);
}

/** A value of a metric to about four figures, or to as many as show where it lies in a `range` of values. */
export function formatValue(value: number, range = 0): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const exponent = exponentOf(size);
  const ofRange = range > 0 ? 2 - exponentOf(range) : Number.NEGATIVE_INFINITY;
  const decimals = Math.min(8 - exponent, Math.max(3 - exponent, ofRange));
  if (size >= 1e15 || size < 1e-3) return withExponent(value, range > 0 ? decimals : 2 - exponent);
  if (size < 1e7) return grouped(value, decimals);
  return range > 0 ? (tickTexts([value], 10 ** -decimals)[0] ?? "") : formatVolume(value);
}

const SPAN_UNITS = [
  [86_400e6, "d"],
  [3_600e6, "h"],
  [60e6, "min"],
  [1e6, "s"],
  [1e3, "ms"],
] as const;
const ONE_US = [1, "µs"] as const;

/** How long ago, short: "now", "12 s", "3 min", "5 h", "2 d". */
export function formatAge(ageMs: number): string {
  const us = ageMs * 1e3;
  if (us < 2e6) return "now";
  const [unitUs, unit] = SPAN_UNITS.find(([size]) => us >= size) ?? ONE_US;
  return `${Math.floor(us / unitUs)} ${unit}`;
}

/** A size, with the digits of its column where they fit, else short: 1234567 is "1.23M". */
export function formatSize(size: number, digits: Digits): string {
  if (Math.abs(size) >= 1e6) return formatVolume(size);
  const text = grouped(size, digits.decimals);
  return text.length <= SIZE_LENGTH ? text : formatVolume(size);
}

/** Time of day in `zone`; `ts` in microseconds. */
export function formatClock(ts: number, zone: ZoneId): string {
  return timeText("clock", ts / 1_000, zone);
}

/** Time of day, or the date where it is more than a day from `nowMs`. */
export function formatMoment(
  ts: number,
  nowMs: number,
  zone: ZoneId,
  near: "clock" | "minute" = "clock",
): string {
  const ms = ts / 1_000;
  return timeText(Math.abs(nowMs - ms) < 86_400_000 ? near : "shortDate", ms, zone);
}

/** How long something took, of microseconds: "640 µs", "12.3 ms", "4.2 s", "3 min 5 s", "2 h 10 min". */
export function formatSpan(us: number): string {
  // Clocks of two machines differ: what came first may have been told later.
  if (us < 0) return `−${formatSpan(-us)}`;
  if (us < 1_000) return `${Math.round(us)} µs`;
  if (us < 1e6) return `${short(us / 1e3)} ms`;
  if (us < 60e6) return `${short(us / 1e6)} s`;
  const minutes = Math.floor(us / 60e6);
  if (minutes < 60) return `${minutes} min ${Math.floor(us / 1e6) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How far apart points are, of microseconds, whole in the largest unit that it is whole in: "250 ms", "15 s", "4 h". */
export function formatStep(us: number): string {
  const [unitUs, unit] = SPAN_UNITS.find(([size]) => us % size === 0) ?? ONE_US;
  return `${us / unitUs} ${unit}`;
}

/** A part of one in percent, to about four figures. */
export function formatPercent(part: number): string {
  return `${formatValue(part * 100)} %`;
}

/** Three figures at the most before and after the point. */
function short(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
