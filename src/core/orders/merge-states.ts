import type { OrderEvent } from "../../protocol/events/order.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { orderKey, rankOf, replaces, stateKey } from "./order-state.ts";

/** A state and the cursor of its frame. */
export interface LoggedState {
  cursor: Cursor;
  event: OrderEvent;
}

/**
 * The states of each order, in time and at one moment by how far it is, from Postgres and the room's tail together: of two of one
 * name the later in the log stays (INV-9). `tail`: in the order of the log.
 */
export function ordersOf(
  stored: readonly LoggedState[],
  tail: readonly LoggedState[],
): OrderEvent[][] {
  const latest = new Map<string, LoggedState>();
  for (const logged of [...stored, ...tail]) {
    const key = stateKey(logged.event);
    const known = latest.get(key);
    if (known === undefined || logged.cursor >= known.cursor) latest.set(key, logged);
  }
  const states = Array.from(latest.values(), ({ event }) => event).sort(
    (a, b) => a.ts - b.ts || rankOf(a.status) - rankOf(b.status),
  );
  return [...Map.groupBy(states, orderKey).values()];
}

/** What a tail says of an order: its earliest moment there, and its newest state. */
export interface TailOrder {
  firstUs: number;
  newest: OrderEvent;
}

/** The orders of a tail, whose states are in the order of the log. */
export function tailOrdersOf(states: readonly OrderEvent[]): TailOrder[] {
  const orders = new Map<string, TailOrder>();
  for (const state of states) {
    const known = orders.get(orderKey(state));
    orders.set(orderKey(state), {
      firstUs: Math.min(state.ts, known?.firstUs ?? state.ts),
      newest: known === undefined || replaces(state, known.newest) ? state : known.newest,
    });
  }
  return [...orders.values()];
}
