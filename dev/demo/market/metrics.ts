import { SYSTEM_SYMBOL } from "../../../src/protocol/words/symbol.ts";
import type { DeskBook } from "./desk-book.ts";
import { INSTRUMENTS } from "./instruments.ts";
import { gaussian, randomOf } from "./random.ts";

/** A point as it is posted. `ts` in integer microseconds. */
export type MadePoint = { metric: string; value: number; symbol: string; ts: number };

/** Points of one moment: three metrics for each instrument, and for the whole desk. */
export const POINTS_PER_STEP = 3 * (INSTRUMENTS.length + 1);

/** An order takes about so long on a quiet market, in ms. */
const QUIET_LATENCY_MS = 1.8;

/**
 * What the desk's services measure at `us`, a function of the market and the time alone. Latency and orders rise where
 * the market is lively; `_system` has the sums of the desk, and the latency of its slowest instrument.
 */
export function pointsAt(book: DeskBook, us: number): MadePoint[] {
  const { market } = book;
  const { seed } = market.key;
  const points: MadePoint[] = [];
  const desk = { slowestMs: 0, ordersPerSecond: 0, value: 0 };
  for (const instrument of INSTRUMENTS) {
    const { symbol } = instrument;
    const random = randomOf(`${seed}/${symbol}/metrics/${us}`);
    const load = 0.5 + 0.5 * market.liveliness(instrument, us);
    const latencyMs = rounded(
      QUIET_LATENCY_MS * load ** 0.6 * Math.exp(0.35 * gaussian(random)),
      3,
    );
    const orders = rounded(400 * instrument.share * load * Math.exp(0.15 * gaussian(random)), 1);
    const value = rounded(book.value(instrument, us), 2);
    desk.slowestMs = Math.max(desk.slowestMs, latencyMs);
    desk.ordersPerSecond += orders;
    desk.value += value;
    points.push(...three(symbol, us, latencyMs, orders, value));
  }
  points.push(
    ...three(
      SYSTEM_SYMBOL,
      us,
      desk.slowestMs,
      rounded(desk.ordersPerSecond, 1),
      rounded(desk.value, 2),
    ),
  );
  return points;
}

/** The metrics of a whole step are due every so many seconds, so that they are at most a third of `eventsPerSecond`. */
export function stepSeconds(eventsPerSecond: number): number {
  const least = POINTS_PER_STEP / (eventsPerSecond / 3);
  // Divisors of a minute: the steps of two runs then fall on the same moments, and the same point twice is one.
  return [1, 2, 5, 10, 15, 30].find((seconds) => seconds >= least) ?? 60;
}

function three(
  symbol: string,
  ts: number,
  latencyMs: number,
  ordersPerSecond: number,
  value: number,
): MadePoint[] {
  return [
    { metric: "order_latency_ms", value: latencyMs, symbol, ts },
    { metric: "orders_per_second", value: ordersPerSecond, symbol, ts },
    { metric: "portfolio_value", value, symbol, ts },
  ];
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
