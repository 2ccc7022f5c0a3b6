import { orderKey, replaces, stateKey } from "../../../src/core/orders/order-state.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";

/** What is known of an order: its states in time, the newest last. */
export type OrderLife = readonly [OrderEvent, ...OrderEvent[]];

/** Those that began last first. */
export type Orders = readonly OrderLife[];

/** More are not kept: the chart marks these, and the page lists the last of them. */
const MOST = 200;
const MOST_STATES = 100;

/** Takes states in any order and any number of times: an order that is new goes before the others. */
export function addOrders(known: Orders, fresh: readonly OrderEvent[]): Orders {
  const orders = [...known];
  for (const state of fresh) {
    const at = orders.findIndex(([first]) => orderKey(first) === orderKey(state));
    if (at < 0) orders.unshift([state]);
    else orders[at] = withState(orders[at] as OrderLife, state);
  }
  return orders.slice(0, MOST);
}

/** An order as it is now. */
export function newestOf(life: OrderLife): OrderEvent {
  return life.at(-1) as OrderEvent;
}

function withState(life: OrderLife, state: OrderEvent): OrderLife {
  const others = life.filter((other) => stateKey(other) !== stateKey(state));
  const at = others.findLastIndex((other) => replaces(state, other)) + 1;
  return others.toSpliced(at, 0, state).slice(-MOST_STATES) as unknown as OrderLife;
}
