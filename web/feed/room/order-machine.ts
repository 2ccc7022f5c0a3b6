import type { OrdersAnswer } from "../../../src/protocol/answers/orders.ts";
import type { Frame } from "../../data/bars/join.ts";
import { addOrders, type Orders } from "../../data/tables/orders.ts";
import type { Answer } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { type FeedEffect, mark } from "../feed-deps.ts";
import { type Machine, type Step, step } from "../machine.ts";
import { asked, isDue, NOTHING_ASKED, onAnswer, type Question, wakeOf } from "../question.ts";

const RETRY_MS = 5_000;

interface OrderState {
  orders: Orders;
  question: Question;
}

export type OrderMessage =
  /** After a gap too: what was missed may be of an order. */
  | { type: "load" }
  | { type: "answered"; id: number; answer: Answer<OrdersAnswer> }
  | { type: "frame"; frame: Frame };

export type OrderEffect = FeedEffect | { type: "ask"; id: number };

export const NO_ORDERS_YET: OrderState = { orders: [], question: NOTHING_ASKED };

/** The orders of a symbol that began last: in whatever order their states come, the newest of each stays. */
export const orderMachine: Machine<OrderState, OrderMessage, OrderEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "load":
        return load(state);
      case "answered":
        // What came live meanwhile is newer than the answer, or in it.
        return onAnswer(state, message, nowMs + RETRY_MS, (settled, { orders }) =>
          show(settled, addOrders(orders, settled.orders.toReversed())),
        );
      case "frame": {
        const fresh = message.frame.events.filter((event) => event.kind === "order");
        return fresh.length === 0 ? step(state) : show(state, addOrders(state.orders, fresh));
      }
      case "tick":
        return isDue(state.question, nowMs) ? load(state) : step(state);
      default:
        return message satisfies never;
    }
  },
  wakeMs: ({ question }) => wakeOf(question),
};

function load(state: OrderState): Step<OrderState, OrderEffect> {
  const question = asked(state.question);
  return step({ ...state, question }, { type: "ask", id: question.id });
}

function show(state: OrderState, orders: Orders): Step<OrderState, OrderEffect> {
  return step({ ...state, orders }, mark(DIRTY.orders));
}
