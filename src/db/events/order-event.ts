import type { OrderEvent } from "../../protocol/events/order.ts";
import { ORDER_STATUSES, type OrderStatus } from "../../protocol/words/order-status.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Row } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";

/** SQL: the state of a row of `order_states`, in one text, as `orderOf` reads it. */
export const ORDER_TEXT = sql`json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text`;

type Said<T> = T | null;

/** The state of a row with `ts_us` and, in `state`, `ORDER_TEXT`, as it was on the wire. */
export function orderOf(row: Row): OrderEvent {
  const [id, status, side, type, quantity, price, filled, avgPrice, venue, account, correlation] =
    JSON.parse(row["state"] as string) as [
      ...[id: string, status: number, side: Said<number>, type: Said<string>],
      ...[quantity: Said<number>, price: Said<number>, filled: Said<number>],
      ...[avgPrice: Said<number>, venue: string, account: string, correlation: Said<string>],
    ];
  const event: OrderEvent = {
    kind: "order",
    ts: Number(row["ts_us"]) as EpochUs,
    id,
    status: ORDER_STATUSES[status] as OrderStatus,
  };
  if (side !== null) event.side = side > 0 ? "buy" : "sell";
  if (type !== null) event.type = type;
  if (quantity !== null) event.quantity = quantity;
  if (price !== null) event.price = price;
  if (filled !== null) event.filled = filled;
  if (avgPrice !== null) event.avg_price = avgPrice;
  if (venue !== "") event.venue = venue;
  if (account !== "") event.account = account;
  if (correlation !== null) event.correlation_id = correlation;
  return event;
}
