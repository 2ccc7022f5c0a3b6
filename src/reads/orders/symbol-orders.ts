import { tailOrdersOf } from "../../core/orders/merge-states.ts";
import { type OrderPlace, type OrdersQuery, readOrders } from "../../db/orders/read-orders.ts";
import type { OrdersAnswer } from "../../protocol/answers/orders.ts";
import { endOfAnswer } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";
import { readTailedStates } from "./tailed-orders.ts";

/** The newest state of each order that began or lived in a range, a page at a time. */
export async function readSymbolOrders(
  sources: Sources,
  query: Omit<OrdersQuery, "tail">,
): Promise<OrdersAnswer> {
  const { symbol, limit } = query;
  const { tail, states } = await readTailedStates(sources, symbol);
  const { orders: found, total } = await readOrders(
    sources.db,
    { ...query, tail: tailOrdersOf(states.map(({ event }) => event)), limit: limit + 1 },
    sources.correlationId,
  );
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const truncated = found.length > limit;
  return {
    ...{ symbol, ...endOfAnswer(tail), orders: shown.map(({ newest }) => newest) },
    ...{ total, truncated },
    ...(truncated && last !== undefined && { next: textOf(last.place) }),
  };
}

function textOf({ firstUs, id, venue, account }: OrderPlace): string {
  return JSON.stringify([firstUs, id, venue, account]);
}

/** The place that an answer gave as `next`; null where the text is none. */
export function orderPlaceOf(text: string): OrderPlace | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [firstUs, id, venue, account] = value as unknown[];
  const isPlace =
    Number.isSafeInteger(firstUs) &&
    [id, venue, account].every((part) => typeof part === "string" && part.isWellFormed());
  return isPlace ? ({ firstUs, id, venue, account } as OrderPlace) : null;
}
