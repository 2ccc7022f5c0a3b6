import { orderKey } from "../../../src/core/orders/order-state.ts";
import type { OrdersAnswer } from "../../../src/protocol/answers/orders.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/words/time.ts";
import type { Frame } from "../../data/bars/join.ts";
import type { Span } from "../../data/bars/ranges.ts";
import { type InSight, spanToLoad } from "../../data/bars/time-window.ts";
import {
  addOrders,
  answeredOrders,
  isBegin,
  joinedOrders,
  MOST_ORDERS,
  type Orders,
  statesOf,
} from "../../data/tables/orders.ts";
import { DIRTY } from "../dirty.ts";
import type { FeedDeps } from "../feed-deps.ts";
import { paced } from "../paced.ts";
import { openHeldFeed } from "./held-feed.ts";
import { heldMachine, initiallyHeld } from "./held-machine.ts";

/** So many orders are asked for at first, and twice as many each time more are wanted. */
const ASKED_FIRST = 100;

/** What goes on of an order that the list lacks may be of one that began lately: the list is asked for again at most so often, in ms. */
const AGAIN_MS = 30_000;

/** Orders, and whether there are more before them. */
interface HeldOrders {
  orders: Orders;
  isCut: boolean;
  /** How many there are, those that began since the answer among them. */
  total: OrdersAnswer["total"];
  /** Every state up to here is in the answer that these are of. */
  through: Cursor;
  /** States that came behind that, and where: another answer may know less. */
  since: readonly (readonly [Cursor, OrderEvent])[];
}

export const NO_ORDERS_YET = initiallyHeld<HeldOrders>({
  ...{
    orders: [],
    isCut: false,
    total: { kind: "exact", count: 0 },
    through: CURSOR_ORIGIN,
    since: [],
  },
});

/** The orders of a symbol that began last: in whatever order their states come, the newest of each stays. */
export const orderMachine = heldMachine<HeldOrders, OrdersAnswer>({
  answered(held, answer) {
    const { cursor: through, truncated: isCut } = answer;
    const since = held.since.filter(([cursor]) => cursor > through);
    const states = since.map(([, state]) => state);
    const orders = answeredOrders(held.orders, answer, states);
    const total = grown(answer.total, orders, answer.orders[0]);
    return { orders, isCut, total, through, since };
  },
  framed(held, { cursor, events }) {
    const fresh = events.filter((event) => event.kind === "order");
    if (fresh.length === 0) return null;
    const since = [...held.since, ...fresh.map((state) => [cursor, state] as const)];
    // What the answer lacks of before its cursor began before the orders that it has.
    const theirs = cursor <= held.through ? statesOf(held.orders, fresh) : fresh;
    const orders = addOrders(held.orders, theirs, held.isCut);
    const total = grown(held.total, orders, held.orders[0]?.[0]);
    return { ...held, orders, total, since: since.slice(-MOST_ORDERS) };
  },
  dirty: DIRTY.orders,
});

/** A count with those that began behind `first`, the newest of the orders that it is of. */
function grown(
  { kind, count }: OrdersAnswer["total"],
  orders: Orders,
  first: OrderEvent | undefined,
): OrdersAnswer["total"] {
  const at = orders.findIndex(
    ([state]) => first !== undefined && orderKey(state) === orderKey(first),
  );
  return { kind, count: count + (at < 0 ? orders.length : at) };
}

/** Orders that lived in a range, and what comes of them later. */
const rangedMachine = heldMachine<HeldOrders, OrdersAnswer>({
  answered: (held, answer) => ({
    ...{ ...held, orders: answeredOrders([], answer, []), isCut: answer.truncated },
  }),
  framed(held, { events }) {
    const fresh = events.filter((event) => event.kind === "order");
    const theirs = fresh.length === 0 ? [] : statesOf(held.orders, fresh);
    return theirs.length === 0 ? null : { ...held, orders: addOrders(held.orders, theirs, true) };
  },
  dirty: DIRTY.orders,
});

/**
 * The orders of a symbol that began last: what is known of them, then what comes over the socket. Where there are more, those that lived in
 * sight are asked for too.
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
      ...{ limit: MOST_ORDERS, by: "lived" },
      ...(fromUs !== null && { from: fromUs }),
      ...(toUs !== null && { to: toUs }),
    });
  });
  const again = paced(deps, () => last.load(), AGAIN_MS);
  return {
    /** Those that began last first. */
    held: () => last.held().orders,
    /** How many there are; null: these are all. */
    total: () => (last.held().isCut ? last.held().total : null),
    /** Whether there are more, which `more` brings. */
    hasMore: () => last.held().isCut && limit < MOST_ORDERS,
    more() {
      // More than were asked for may have come since.
      do limit *= 2;
      while (limit <= last.held().orders.length);
      limit = Math.min(limit, MOST_ORDERS);
      last.load();
    },
    /** Those, and what is known of orders that lived in sight. */
    marked,
    /** Whether more lived in sight than are marked. */
    isCut: () => last.held().isCut && ranged.held().isCut,
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
    take(frame: Frame) {
      last.take(frame);
      ranged.take(frame);
      const goOn = frame.events
        .filter((event) => event.kind === "order")
        .filter((state) => !isBegin(state));
      if (goOn.length === 0 || !last.held().isCut) return;
      if (statesOf(marked(), goOn).length < goOn.length) again.ask();
    },
    close() {
      again.stop();
      last.close();
      ranged.close();
    },
  };

  function marked(): Orders {
    return joinedOrders(last.held().orders, ranged.held().orders);
  }

  function askRanged(): void {
    // One that began before those that are listed may have been filled in sight.
    if (span === null || span === askedFor || !last.held().isCut) return;
    askedFor = span;
    ranged.load();
  }
}
