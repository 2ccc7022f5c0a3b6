import type { OrdersAnswer } from "../../../src/protocol/answers/orders.ts";
import { addOrders, type Orders } from "../../data/tables/orders.ts";
import { DIRTY } from "../dirty.ts";
import type { FeedDeps } from "../feed-deps.ts";
import { openHeldFeed } from "./held-feed.ts";
import { heldMachine, initiallyHeld } from "./held-machine.ts";

/** So many orders are asked for; later ones come over the socket. */
const ASKED = 100;

export const NO_ORDERS_YET = initiallyHeld<Orders>([]);

/** The orders of a symbol that began last: in whatever order their states come, the newest of each stays. */
export const orderMachine = heldMachine<Orders, OrdersAnswer>({
  // What came live before the answer is newer than the answer, or in it.
  answered: (held, { orders }) =>
    addOrders(
      orders.map((order) => [order]),
      held.toReversed().flat(),
    ),
  framed(held, { events }) {
    const fresh = events.filter((event) => event.kind === "order");
    return fresh.length === 0 ? null : addOrders(held, fresh);
  },
  dirty: DIRTY.orders,
});

/** The orders of a symbol that began last: what is known of them, then what comes over the socket. */
export function openOrderFeed(deps: FeedDeps, symbol: string) {
  return openHeldFeed(deps, orderMachine, NO_ORDERS_YET, () => deps.api.orders(symbol, ASKED));
}
