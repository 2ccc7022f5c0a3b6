import { orderKey, replaces, stateKey } from "../../../src/core/orders/order-state.ts";
import type { OrdersAnswer } from "../../../src/protocol/answers/orders.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";

/** What is known of an order: its states in time, the newest last. */
export type OrderLife = readonly [OrderEvent, ...OrderEvent[]];

/** Those that began last first. */
export type Orders = readonly OrderLife[];

/** More are not kept: the chart marks these, and the page lists them. */
export const MOST_ORDERS = 2_000;
const MOST_STATES = 100;

/**
 * Takes states in any order and any number of times: an order that is new goes before the others. `isCut`: others began before the known ones, so
 * that one that is told to go on may be one of those, and is left out.
 */
export function addOrders(known: Orders, fresh: readonly OrderEvent[], isCut: boolean): Orders {
  const orders = new Map(known.map((life) => [orderKey(life[0]), life]));
  for (const state of fresh.toSorted((a, b) => Number(isBegin(b)) - Number(isBegin(a)))) {
    const life = orders.get(orderKey(state));
    if (life === undefined && isCut && !isBegin(state)) continue;
    orders.set(orderKey(state), life === undefined ? [state] : withState(life, state));
  }
  const all = [...orders.values()];
  const begun = all.splice(known.length).reverse();
  return [...begun, ...all].slice(0, MOST_ORDERS);
}

/** Orders that began last as an answer has them, with what is known of those, and with the states that have come behind its cursor. */
export function answeredOrders(
  known: Orders,
  { orders: answer, truncated }: Pick<OrdersAnswer, "orders" | "truncated">,
  since: readonly OrderEvent[],
): Orders {
  const answered: Orders = answer.map((order) => [order]);
  const lives = statesOf(answered, known.flat());
  return addOrders(addOrders(answered, lives, true), since, truncated);
}

/** Orders that are known by the one or the other: of an order in both what is known by the first. */
export function joinedOrders(one: Orders, other: Orders): Orders {
  const keys = keysOf(one);
  return [...one, ...other.filter(([first]) => !keys.has(orderKey(first)))];
}

/** Those of `states` that are of one of the orders. */
export function statesOf(orders: Orders, states: readonly OrderEvent[]): readonly OrderEvent[] {
  const keys = keysOf(orders);
  return states.filter((state) => keys.has(orderKey(state)));
}

/** An order as it is now. */
export function newestOf(life: OrderLife): OrderEvent {
  return life.at(-1) as OrderEvent;
}

function keysOf(orders: Orders): ReadonlySet<string> {
  return new Set(orders.map(([first]) => orderKey(first)));
}

/** May it be the first that is told of an order? Before the others something was. */
export function isBegin({ status }: OrderEvent): boolean {
  return status === "sent" || status === "acknowledged" || status === "rejected";
}

function withState(life: OrderLife, state: OrderEvent): OrderLife {
  const others = life.filter((other) => stateKey(other) !== stateKey(state));
  const at = others.findLastIndex((other) => replaces(state, other)) + 1;
  return others.toSpliced(at, 0, state).slice(-MOST_STATES) as unknown as OrderLife;
}
