import { orderKey, replaces, stateKey } from "../../../src/core/orders/order-state.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";

/** What is known of an order: its states in time, the newest last. */
export type OrderLife = readonly [OrderEvent, ...OrderEvent[]];

/** Those that began last first. */
export type Orders = readonly OrderLife[];

/** More are not kept: the chart marks these, and the page lists them. */
export const MOST_ORDERS = 2_000;
const MOST_STATES = 100;

/** Takes states in any order and any number of times: an order that is new goes before the others. */
export function addOrders(known: Orders, fresh: readonly OrderEvent[]): Orders {
  const orders = new Map(known.map((life) => [orderKey(life[0]), life]));
  for (const state of fresh) {
    const life = orders.get(orderKey(state));
    orders.set(orderKey(state), life === undefined ? [state] : withState(life, state));
  }
  const all = [...orders.values()];
  const begun = all.splice(known.length).reverse();
  return [...begun, ...all].slice(0, MOST_ORDERS);
}

/** Orders that began last as an answer has them, with what is known of them and of those that began since. */
export function answeredOrders(known: Orders, answer: readonly OrderEvent[]): Orders {
  // What came live before the answer is newer than the answer, or in it.
  const oldestUs = answer.at(-1)?.ts ?? 0;
  const live = known.filter(([first]) => first.ts >= oldestUs).reverse();
  return addOrders(
    answer.map((order) => [order]),
    live.flat(),
  );
}

/** Orders that are known by the one or the other: of an order in both what is known by the first. */
export function joinedOrders(one: Orders, other: Orders): Orders {
  const keys = new Set(one.map(([first]) => orderKey(first)));
  return [...one, ...other.filter(([first]) => !keys.has(orderKey(first)))];
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
