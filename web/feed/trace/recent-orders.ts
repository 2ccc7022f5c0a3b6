import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import type { ListedSymbol } from "../../data/symbols/symbol-list.ts";
import type { Answer, Api } from "../api.ts";

/** An order that bears an id. */
export type TracedOrder = OrderEvent & { symbol: string; correlation_id: string };

/** Each is a question. */
const MOST_SYMBOLS = 8;
const MOST_ORDERS = 12;

/** Asks the symbols that something came for last, one after the other, for their newest orders that bear an id; the newest first. */
export async function askTracedOrders(
  api: Pick<Api, "orders">,
  list: readonly ListedSymbol[],
): Promise<Answer<TracedOrder[]>> {
  const found: TracedOrder[] = [];
  const lively = list.toSorted((a, b) => (b.last_event ?? 0) - (a.last_event ?? 0));
  for (const { symbol } of lively.slice(0, MOST_SYMBOLS)) {
    const answer = await api.orders(symbol, { limit: MOST_ORDERS });
    if (answer.kind === "unknown") continue;
    if (answer.kind !== "ok") return answer;
    for (const order of answer.value.orders) {
      const { correlation_id } = order;
      if (correlation_id !== undefined) found.push({ ...order, symbol, correlation_id });
    }
  }
  return { kind: "ok", value: found.sort((a, b) => b.ts - a.ts).slice(0, MOST_ORDERS) };
}
