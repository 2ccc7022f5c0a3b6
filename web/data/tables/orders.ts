import { orderKey, replaces } from "../../../src/core/orders/order-state.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";

/** The newest state of each order, those that began last first. */
export type Orders = readonly OrderEvent[];

/** More are not kept: the page shows the last of them. */
const MOST = 50;

/** Takes states in any order and any number of times: of each order the newest stays, and one that is new goes before the others. */
export function addOrders(known: Orders, fresh: readonly OrderEvent[]): Orders {
  const orders = [...known];
  for (const state of fresh) {
    const at = orders.findIndex((order) => orderKey(order) === orderKey(state));
    if (at < 0) orders.unshift(state);
    else if (replaces(state, orders[at] as OrderEvent)) orders[at] = state;
  }
  return orders.slice(0, MOST);
}
