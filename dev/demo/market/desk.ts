import type { OrderStatus } from "../../../src/protocol/words/order-status.ts";
import { type DeskOrder, deskOrder, LONGEST_LIFE_US, ORDER_STEP_US } from "./desk-order.ts";
import type { Market } from "./market.ts";

/** What the desk's services post of their orders. `path` is where; `ts` in integer microseconds. */
export type DeskEvent = {
  path: "/api/orders" | "/api/logs" | "/api/notes";
  ts: number;
  event: object;
};

/** All that happens to the desk's orders with `fromUs <= ts < untilUs`, in time: the same for ever for one market. */
export function deskEvents(market: Market, fromUs: number, untilUs: number): DeskEvent[] {
  const events: DeskEvent[] = [];
  const first = Math.floor((fromUs - LONGEST_LIFE_US) / ORDER_STEP_US);
  for (let number = first; number * ORDER_STEP_US < untilUs; number += 1) {
    const order = deskOrder(market, number);
    if (order === null) continue;
    for (const event of lifeOf(order)) {
      if (event.ts >= fromUs && event.ts < untilUs) events.push(event);
    }
  }
  return events.sort((a, b) => a.ts - b.ts);
}

/** One order from the signal to its end, as the services tell of it. */
function lifeOf(order: DeskOrder): DeskEvent[] {
  const { number, side, quantity, limit, isOpening, strength, outcome } = order;
  const { startUs, sentUs, acknowledgedUs } = order;
  const { symbol, venue, sizeDigits } = order.instrument;
  const id = `D-${number.toString(36)}`;
  const correlationId = `demo-${number.toString(36)}`;
  const events: DeskEvent[] = [];

  const say = (ts: number, service: string, event: string, more: object = {}, level = "info") =>
    events.push({
      path: "/api/logs",
      ts,
      event: { ts, level, service, event, correlation_id: correlationId, symbol, ...more },
    });
  const state = (ts: number, status: OrderStatus, more: object = {}) =>
    events.push({
      path: "/api/orders",
      ts,
      event: {
        ...{ symbol, id, status, side, type: "limit", quantity, price: limit, venue },
        ...{ account: "desk", correlation_id: correlationId, ts, ...more },
      },
    });

  const reason = isOpening ? "mean reversion" : "position closed";
  say(startUs, "strategy", "signal", { side, reason, strength });
  say(sentUs - 100, "router", "route_chosen", { venue, order: id });
  state(sentUs, "sent");
  if (outcome.kind === "rejected") {
    const why = "price band";
    state(acknowledgedUs, "rejected");
    say(acknowledgedUs + 50, "gateway", "order_rejected", { order: id, why }, "error");
    const text = `Order ${id} rejected: ${why}`;
    const ts = acknowledgedUs + 60;
    events.push({ path: "/api/notes", ts, event: { symbol, text, level: "error", id, ts } });
    return events;
  }
  state(acknowledgedUs, "acknowledged");
  const { filledUs, price, firstPart } = outcome;
  if (firstPart !== null) {
    const { ts, quantity: filled } = firstPart;
    state(ts, "partially_filled", { filled, avg_price: price });
    const left = Number((quantity - filled).toFixed(sizeDigits));
    say(ts + 40, "gateway", "partial_fill", { order: id, left }, "warn");
  }
  state(filledUs, "filled", { filled: quantity, avg_price: price });
  say(filledUs + 40, "gateway", "filled", { order: id, price });
  return events;
}
