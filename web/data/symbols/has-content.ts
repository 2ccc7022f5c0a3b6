import type { Delivery } from "../../../client/state.ts";

/** Whether a message from a room that had nothing shows that something has been pushed to it. */
export function hasContent(delivery: Delivery): boolean {
  switch (delivery.type) {
    case "events":
    case "gap":
    case "bar":
      return true;
    case "snapshot":
      return (
        delivery.trade !== null ||
        delivery.book !== null ||
        delivery.metrics.length > 0 ||
        delivery.positions.length > 0 ||
        delivery.orders.length > 0
      );
    case "caught_up":
    case "error":
      return false;
    default:
      return delivery satisfies never;
  }
}
