import type { OrdersAnswer } from "../../../src/protocol/answers/orders.ts";
import type { Span } from "../../data/bars/ranges.ts";
import { type InSight, spanToLoad } from "../../data/bars/time-window.ts";
import {
  addOrders,
  answeredOrders,
  joinedOrders,
  MOST_ORDERS,
  type Orders,
} from "../../data/tables/orders.ts";
import { DIRTY } from "../dirty.ts";
import type { FeedDeps } from "../feed-deps.ts";
import { openHeldFeed } from "./held-feed.ts";
import { heldMachine, initiallyHeld } from "./held-machine.ts";

/** So many orders are asked for at first, and twice as many each time more are wanted. */
const ASKED_FIRST = 100;

/** Orders, and whether there are more before them. */
interface HeldOrders {
  orders: Orders;
  isCut: boolean;
}

export const NO_ORDERS_YET = initiallyHeld<HeldOrders>({ orders: [], isCut: false });

/** The orders of a symbol that began last: in whatever order their states come, the newest of each stays. */
export const orderMachine = heldMachine<HeldOrders, OrdersAnswer>({
  answered: (held, { orders, truncated }) => ({
    orders: answeredOrders(held.orders, orders),
    isCut: truncated,
  }),
  framed(held, { events }) {
    const fresh = events.filter((event) => event.kind === "order");
    return fresh.length === 0 ? null : { ...held, orders: addOrders(held.orders, fresh) };
  },
  dirty: DIRTY.orders,
});

/** Orders that began in a range; what comes of them later is of those that began last. */
const rangedMachine = heldMachine<HeldOrders, OrdersAnswer>({
  answered: (_, { orders, truncated }) => ({
    orders: orders.map((order) => [order] as const),
    isCut: truncated,
  }),
  framed: () => null,
  dirty: DIRTY.orders,
});

/**
 * The orders of a symbol that began last: what is known of them, then what comes over the socket. Where those in sight began before these, they are
 * asked for too.
 */
export function openOrderFeed(deps: FeedDeps, symbol: string) {
  let limit = ASKED_FIRST;
  let span: Span | null = null;
  let askedFor: Span | null = null;
  const last = openHeldFeed(
    {
      ...deps,
      mark(dirty) {
        deps.mark(dirty);
        askRanged();
      },
    },
    orderMachine,
    NO_ORDERS_YET,
    () => deps.api.orders(symbol, { limit }),
  );
  const ranged = openHeldFeed(deps, rangedMachine, NO_ORDERS_YET, () => {
    const { fromUs, toUs } = span as Span;
    return deps.api.orders(symbol, {
      limit: MOST_ORDERS,
      ...(fromUs !== null && { from: fromUs }),
      ...(toUs !== null && { to: toUs }),
    });
  });
  return {
    /** Those that began last first. */
    held: () => last.held().orders,
    /** Whether there are more, which `more` brings. */
    hasMore: () => last.held().isCut && limit < MOST_ORDERS,
    more() {
      limit = Math.min(limit * 2, MOST_ORDERS);
      last.load();
    },
    /** Those, and what is known of orders that began in sight. */
    marked: () => joinedOrders(last.held().orders, ranged.held().orders),
    /** Whether more began in sight than are marked. */
    isCut: () => span !== null && !isKnown(span) && ranged.held().isCut,
    /** These are in sight now. */
    see(inSight: InSight) {
      const next = spanToLoad(inSight, span);
      if (next === null) return;
      span = next;
      askRanged();
    },
    load() {
      askedFor = null;
      last.load();
    },
    take: last.take,
    close() {
      last.close();
      ranged.close();
    },
  };

  function askRanged(): void {
    if (span === null || span === askedFor || isKnown(span)) return;
    askedFor = span;
    ranged.load();
  }

  /** Whether all orders that began in it are among those that began last. */
  function isKnown({ fromUs }: Span): boolean {
    const { orders, isCut } = last.held();
    // It began then or before, and all that began since are here.
    const [oldest] = orders.at(-1) ?? [];
    return !isCut || oldest === undefined || (fromUs !== null && fromUs >= oldest.ts);
  }
}
