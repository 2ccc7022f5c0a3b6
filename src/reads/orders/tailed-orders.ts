import { type LoggedState, ordersOf } from "../../core/orders/merge-states.ts";
import { type AskedOrders, readStates } from "../../db/orders/read-states.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { type AnswerEnd, type DecodedTail, endOfAnswer, readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

/** Most states that an answer is made of. */
export const MAX_STATES = 50_000;

export interface TailedStates {
  tail: DecodedTail;
  states: LoggedState[];
}

/** The newest part of a room, and the states of orders in it. */
export async function readTailedStates(
  { rooms }: Sources,
  symbol: SymbolName,
  also: readonly ("position" | "book")[] = [],
): Promise<TailedStates> {
  const tail = await readTail(rooms, symbol, ["order", ...also]);
  const states = tail.events.flatMap(({ cursor, event }) =>
    event.kind === "order" ? [{ cursor, event }] : [],
  );
  return { tail, states };
}

export type FoundOrders =
  | { kind: "found"; end: AnswerEnd; orders: OrderEvent[][] }
  | { kind: "too_many_states" };

/** All states of the asked orders, each order's in time, from Postgres and the room's tail together. */
export async function findOrders(
  { db, correlationId }: Sources,
  symbol: SymbolName,
  { tail, states }: TailedStates,
  asked: AskedOrders,
  account: string | null,
): Promise<FoundOrders> {
  const own = states.filter(
    ({ event }) =>
      (account === null || (event.account ?? "") === account) &&
      (asked.kind !== "named" || event.id === asked.id),
  );
  const query = { symbol, asked, account, tail: own.map(({ event }) => event) };
  const stored = await readStates(db, { ...query, limit: MAX_STATES + 1 }, correlationId);
  if (stored.length > MAX_STATES) return { kind: "too_many_states" };
  const orders = ordersOf(stored, own).filter((order) => isAsked(order, asked));
  return { kind: "found", end: endOfAnswer(tail), orders };
}

/** What the tail has may have begun at any time. */
function isAsked(order: readonly OrderEvent[], asked: AskedOrders): boolean {
  const [first, last] = [order[0]?.ts ?? 0, order.at(-1)?.ts ?? 0];
  switch (asked.kind) {
    case "named":
      return true;
    case "began":
      return first >= asked.fromUs && first < asked.toUs;
    case "lived":
      return last >= asked.fromUs && first < asked.toUs;
    default:
      return asked satisfies never;
  }
}
