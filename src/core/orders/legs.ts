import type { LatencyAnswer, OrderAnswer } from "../../protocol/answers/orders.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import { quantileOf } from "../statistics/quantile.ts";
import { isFinal } from "./order-state.ts";

/** Lengths in microseconds, below 0 where clocks differ by more than the way took; null where an end is not known. */
export type Legs = OrderAnswer["orders"][number]["legs"];
type Latencies = LatencyAnswer["legs"];

/**
 * How long an order took, leg by leg, each from and to the first state of its kind: `filled` is the first fill, `final` the end of
 * whatever sort. `states`: of one order, in time.
 */
export function legsOf(states: readonly OrderEvent[]): Legs {
  const first = (is: (state: OrderEvent) => boolean) => states.find(is)?.ts ?? null;
  const sentUs = first(({ status }) => status === "sent");
  const acknowledgedUs = first(({ status }) => status === "acknowledged");
  const filledUs = first(
    ({ status, filled = 0 }) => status === "partially_filled" || status === "filled" || filled > 0,
  );
  const finalUs = first(({ status }) => isFinal(status));
  return {
    sent_to_acknowledged: between(sentUs, acknowledgedUs),
    acknowledged_to_filled: between(acknowledgedUs, filledUs),
    sent_to_final: between(sentUs, finalUs),
  };
}

/** Percentiles of each leg over those orders that have it. */
export function latencyOf(orders: readonly (readonly OrderEvent[])[]): Latencies {
  const legs = orders.map(legsOf);
  const latency = (leg: keyof Latencies) =>
    distributionOf(legs.flatMap((one) => (one[leg] === null ? [] : [one[leg]])));
  return {
    sent_to_acknowledged: latency("sent_to_acknowledged"),
    acknowledged_to_filled: latency("acknowledged_to_filled"),
    sent_to_final: latency("sent_to_final"),
  };
}

function distributionOf(lengths: number[]): Latencies[keyof Latencies] {
  const sorted = lengths.sort((a, b) => a - b);
  // Between two lengths lies no more than their thousandths can tell: what is beyond is how doubles are written.
  const at = (p: number) =>
    sorted.length === 0 ? null : Math.round(quantileOf(sorted, p) * 1_000) / 1_000;
  return {
    ...{ count: sorted.length, p50_us: at(0.5), p90_us: at(0.9), p99_us: at(0.99) },
    max_us: sorted.at(-1) ?? null,
  };
}

function between(fromUs: number | null, toUs: number | null): number | null {
  return fromUs === null || toUs === null ? null : toUs - fromUs;
}
