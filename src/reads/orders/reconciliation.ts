import { type Held, reconcile } from "../../core/orders/reconciliation.ts";
import { readHeld } from "../../db/orders/read-held.ts";
import type { ReconciliationAnswer } from "../../protocol/answers/orders.ts";
import type { PositionEvent } from "../../protocol/events/event.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import type { DecodedTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";
import type { Answered, OrderRange } from "./order-lives.ts";
import { findOrders, MAX_STATES, readTailedStates } from "./tailed-orders.ts";

/** Most steps of an account that are listed. */
const MAX_STEPS = 1_000;

/** What the fills of each account's orders explain of its position in a range, and what they do not. */
export async function readReconciliation(
  sources: Sources,
  range: OrderRange,
): Promise<Answered<ReconciliationAnswer>> {
  const { symbol, fromUs, toUs, account } = range;
  const tailed = await readTailedStates(sources, symbol, ["position"]);
  const query = { symbol, account, fromUs, toUs, limit: MAX_STATES + 1 };
  const stored = await readHeld(sources.db, query, sources.correlationId);
  if (stored.length > MAX_STATES) return { kind: "too_many_states" };
  const held = heldOf(stored, tailed.tail, range);
  // A step counts whole, and so do the fills in it.
  const begins = Array.from(held.values(), (all) => (all.length < 2 ? fromUs : all[0]?.ts));
  const firstUs = begins.reduce<EpochUs>((first, us = first) => (us < first ? us : first), fromUs);
  const asked = { kind: "lived", fromUs: firstUs, toUs } as const;
  const found = await findOrders(sources, symbol, tailed, asked, account);
  if (found.kind === "too_many_states") return found;
  const orders = Map.groupBy(found.orders, (states) => states[0]?.account ?? "");
  const names = [...new Set([...held.keys(), ...orders.keys()])].sort();
  const accounts = names.map((name) => {
    const { steps, ...rest } = reconcile(held.get(name) ?? [], orders.get(name) ?? [], range);
    return {
      ...(name !== "" && { account: name }),
      ...rest,
      steps: steps.slice(0, MAX_STEPS),
      ...(steps.length > MAX_STEPS && { truncated: true as const }),
    };
  });
  return { kind: "read", answer: { symbol, ...found.end, from: fromUs, to: toUs, accounts } };
}

/** By account, in time: what is in force at the beginning, and the states after it. */
function heldOf(
  stored: readonly { cursor: Cursor; event: PositionEvent }[],
  { events }: DecodedTail,
  { fromUs, toUs, account }: OrderRange,
): Map<string, Held[]> {
  const told = events.flatMap(({ cursor, event }) =>
    event.kind === "position" && event.ts <= toUs ? [{ cursor, event }] : [],
  );
  const latest = new Map<string, (typeof told)[number]>();
  for (const one of [...stored, ...told]) {
    const key = `${one.event.ts}\u0001${one.event.account ?? ""}`;
    const known = latest.get(key);
    if (known === undefined || one.cursor >= known.cursor) latest.set(key, one);
  }
  const positions = Array.from(latest.values(), ({ event }) => event)
    .filter((one) => account === null || (one.account ?? "") === account)
    .sort((a, b) => a.ts - b.ts);
  const byAccount = Map.groupBy(positions, (one) => one.account ?? "");
  return new Map(
    Array.from(byAccount, ([name, all]) => {
      const inForce = all.findLastIndex(({ ts }) => ts <= fromUs);
      return [name, all.slice(Math.max(0, inForce))];
    }),
  );
}
