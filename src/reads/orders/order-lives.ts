import { fillsOf } from "../../core/orders/fills.ts";
import { latencyOf, legsOf } from "../../core/orders/legs.ts";
import { meanSlippage } from "../../core/orders/mean-slippage.ts";
import { type BestPrices, sentUs, slippageOf } from "../../core/orders/slippage.ts";
import { readBestPrices } from "../../db/orders/read-best-prices.ts";
import { sampleOf } from "../../db/store/book-rows.ts";
import type { LatencyAnswer, OrderAnswer, SlippageAnswer } from "../../protocol/answers/orders.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { DecodedTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";
import { findOrders, readTailedStates } from "./tailed-orders.ts";

export interface OrderRange {
  symbol: SymbolName;
  fromUs: EpochUs;
  toUs: EpochUs;
  /** '' is the orders without an account; null: all. */
  account: string | null;
}

export type Answered<Answer> = { kind: "read"; answer: Answer } | { kind: "too_many_states" };

/**
 * All orders of an id, with what can be told of each; of `account` alone where it is not null. `not_yet`: none was found, and not all
 * that waits for Postgres could be looked through.
 */
export async function readOrder(
  sources: Sources,
  symbol: SymbolName,
  id: string,
  account: string | null,
): Promise<Answered<OrderAnswer> | { kind: "not_yet" }> {
  const tailed = await readTailedStates(sources, symbol, ["book"]);
  const found = await findOrders(sources, symbol, tailed, { kind: "named", id }, account);
  if (found.kind === "too_many_states") return found;
  if (found.orders.length === 0 && tailed.tail.isCut) return { kind: "not_yet" };
  const books = await booksOf(sources, symbol, tailed.tail, found.orders);
  const orders = found.orders.map((states, at) => {
    const { venue, account: owner } = states[0] as OrderEvent;
    const slippage = slippageOf(states, books[at] ?? null);
    return {
      ...(venue !== undefined && { venue }),
      ...(owner !== undefined && { account: owner }),
      ...{ states, legs: legsOf(states), fills: fillsOf(states) },
      ...(slippage.kind === "known"
        ? { slippage: slippage.slippage }
        : { slippage: null, slippage_reason: slippage.reason }),
    };
  });
  return { kind: "read", answer: { symbol, ...found.end, id, orders } };
}

/** How long the orders of a range took, leg by leg. */
export async function readLatency(
  sources: Sources,
  { symbol, fromUs, toUs, account }: OrderRange,
): Promise<Answered<LatencyAnswer>> {
  const tailed = await readTailedStates(sources, symbol);
  const asked = { kind: "began", fromUs, toUs } as const;
  const found = await findOrders(sources, symbol, tailed, asked, account);
  if (found.kind === "too_many_states") return found;
  const { end, orders } = found;
  const ranged = { symbol, ...end, from: fromUs, to: toUs, orders: orders.length };
  return { kind: "read", answer: { ...ranged, legs: latencyOf(orders) } };
}

/** What the fills of a range's orders cost against the book, weighted by what was filled. */
export async function readSlippage(
  sources: Sources,
  { symbol, fromUs, toUs, account }: OrderRange,
): Promise<Answered<SlippageAnswer>> {
  const tailed = await readTailedStates(sources, symbol, ["book"]);
  const asked = { kind: "began", fromUs, toUs } as const;
  const found = await findOrders(sources, symbol, tailed, asked, account);
  if (found.kind === "too_many_states") return found;
  const { end, orders } = found;
  const books = await booksOf(sources, symbol, tailed.tail, orders);
  const readings = orders.map((states, at) => slippageOf(states, books[at] ?? null));
  const ranged = { symbol, ...end, from: fromUs, to: toUs, orders: orders.length };
  return { kind: "read", answer: { ...ranged, ...meanSlippage(readings) } };
}

/** The last sample of the book when each order was sent, its best prices; null where none was known. */
async function booksOf(
  { db, correlationId }: Sources,
  symbol: SymbolName,
  { storedThrough, events }: DecodedTail,
  orders: readonly OrderEvent[][],
): Promise<(BestPrices | null)[]> {
  const moments = orders.map(sentUs);
  const stored = await readBestPrices(db, { symbol, moments, storedThrough }, correlationId);
  const samples = events.flatMap(({ event }) =>
    event.kind === "book" && event.sampled === true ? [sampleOf(event)] : [],
  );
  // By time, and what is later in the log behind it: that counts where the moment is the same.
  samples.sort((a, b) => a.ts - b.ts);
  return stored.map((best, at) => {
    const sample = samples.findLast(({ ts }) => ts <= (moments[at] as EpochUs));
    if (sample === undefined || (best !== null && best.ts > sample.ts)) return best;
    return { ts: sample.ts, bid: sample.bids[0]?.[0] ?? null, ask: sample.asks[0]?.[0] ?? null };
  });
}
