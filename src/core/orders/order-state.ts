import type { OrderEvent } from "../../protocol/events/order.ts";
import {
  FIRST_FINAL,
  ORDER_STATUSES,
  type OrderStatus,
} from "../../protocol/words/order-status.ts";

/** How far a status is in an order's life. */
export function rankOf(status: OrderStatus): number {
  return ORDER_STATUSES.indexOf(status);
}

/** Whether an order is over with this status. */
export function isFinal(status: OrderStatus): boolean {
  return rankOf(status) >= FIRST_FINAL;
}

/** Names an order in its room; venue and account may be absent, and none is empty. */
export function orderKey({
  venue,
  account,
  id,
}: Pick<OrderEvent, "venue" | "account" | "id">): string {
  return `${id}\u0001${venue ?? ""}\u0001${account ?? ""}`;
}

/** Names a state in its room (SPEC OR-2): of two of one name the later in the log stays. */
export function stateKey(state: OrderEvent): string {
  return `${orderKey(state)}\u0001${state.ts}\u0001${state.status}`;
}

/**
 * Is `state`, which is later in the log, newer than `known` or the same again (SPEC OR-3)? By time, at one moment by how far the
 * order is: so states that come in any order leave the same one.
 */
export function replaces(
  state: Pick<OrderEvent, "ts" | "status">,
  known: Pick<OrderEvent, "ts" | "status">,
): boolean {
  return state.ts === known.ts ? rankOf(state.status) >= rankOf(known.status) : state.ts > known.ts;
}
