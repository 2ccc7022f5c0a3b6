import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import type { OrderStatus } from "../../../src/protocol/words/order-status.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

/** A state of the order `1`, or of the one that `rest` names. */
export function order(ts: number, status: OrderStatus, rest: Partial<OrderEvent> = {}): OrderEvent {
  return { kind: "order", ts: ts as EpochUs, id: "1", status, ...rest };
}
