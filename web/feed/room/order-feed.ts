import type { Frame } from "../../data/bars/join.ts";
import { type FeedDeps, telling } from "../feed-deps.ts";
import { run } from "../machine.ts";
import { NO_ORDERS_YET, orderMachine } from "./order-machine.ts";

/** So many orders are asked for; later ones come over the socket. */
const ASKED = 20;

/** The orders of a symbol that began last: what is known of them, then what comes over the socket. */
export function openOrderFeed(deps: FeedDeps, symbol: string) {
  const feed = run(orderMachine, NO_ORDERS_YET, deps, {
    ...telling(deps),
    async ask({ id }) {
      feed.send({ type: "answered", id, answer: await deps.api.orders(symbol, ASKED) });
    },
  });
  return {
    orders: () => feed.state().orders,
    load: () => feed.send({ type: "load" }),
    take: (frame: Frame) => feed.send({ type: "frame", frame }),
    close: feed.stop,
  };
}
