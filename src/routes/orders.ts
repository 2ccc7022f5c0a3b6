import { Hono } from "hono";
import { DAY_US } from "../core/time/duration.ts";
import { EARLIEST_US, MAX_AHEAD_US } from "../core/time/timestamp.ts";
import { needs } from "../http/access/authorize.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { badParameters, Refusal } from "../http/problems/refusal.ts";
import { notStoredYet } from "../http/problems/symbol-refusals.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import {
  type Answered,
  type OrderRange,
  readLatency,
  readOrder,
  readSlippage,
} from "../reads/orders/order-lives.ts";
import { readReconciliation } from "../reads/orders/reconciliation.ts";
import { orderPlaceOf, readSymbolOrders } from "../reads/orders/symbol-orders.ts";
import { MAX_STATES } from "../reads/orders/tailed-orders.ts";
import type { Sources } from "../reads/sources.ts";

const LISTED = ["by", "open", "id", "account", "from", "to", "precision", "limit", "after"];
const RANGED = ["account", "from", "to", "precision"];
const ORDERS = { min: 1, max: 10_000, fallback: 1_000 };

/**
 * What orders tell together, by what stands in the place of an id. Not routes of their own: beside `:id` Hono cannot make one
 * expression of all routes, and looks for the route of every request in a tree, which takes 15 times as long.
 */
export const ORDER_REPORTS = new Map<string, (c: AppContext) => Promise<Response>>([
  ["latency", (c) => ranged(c, readLatency)],
  ["slippage", (c) => ranged(c, readSlippage)],
  ["reconciliation", (c) => ranged(c, readReconciliation)],
]);

/** Orders of a symbol: the newest state of each, one with all its states, and what they tell together. */
export const orderRoutes = new Hono<AppEnv>()
  .get("/api/orders/:symbol", needs("read"), async (c) => {
    const nowUs = c.get("nowUs")();
    const parameters = new Parameters(c.req.url, LISTED, nowUs);
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const by = parameters.word("by", ["began", "lived"], "began");
    const open = parameters.word("open", ["true", "false"], "false") === "true";
    const { fromUs, toUs } = parameters.range(nowUs + MAX_AHEAD_US + 1, () => EARLIEST_US);
    const limit = parameters.count("limit", ORDERS);
    const [id, account] = [parameters.text("id") ?? null, parameters.text("account") ?? null];
    const text = parameters.text("after");
    const after = text === undefined ? null : orderPlaceOf(text);
    if (text !== undefined && after === null) {
      parameters.refuse("after", "must be what an answer gave as next");
    }
    parameters.check();
    await admitRead(c, [symbol]);
    const query = { symbol, by, open, fromUs, toUs, id, account, after, limit };
    const answer = await inTurn(c, () => readSymbolOrders(sourcesOf(c), query));
    return c.json(answer, 200, { "cache-control": "no-store" });
  })
  .get("/api/orders/:symbol/:id", needs("read"), async (c) => {
    const id = c.req.param("id");
    const report = ORDER_REPORTS.get(id);
    if (report !== undefined) return report(c);
    const parameters = new Parameters(c.req.url, ["account"], c.get("nowUs")());
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    if (id.includes("\u0000")) parameters.refuse("id", "must not hold a NUL character");
    const account = parameters.text("account") ?? null;
    parameters.check();
    await admitRead(c, [symbol]);
    const found = await inTurn(c, () => readOrder(sourcesOf(c), symbol, id, account));
    if (found.kind === "not_yet") throw notStoredYet(symbol);
    const answer = answerOf(found);
    if (answer.orders.length === 0) {
      throw new Refusal({
        status: 404,
        type: "unknown-order",
        title: "There is no such order",
        detail: `Nobody has pushed an order of this id for ${symbol}. GET /api/orders/SYMBOL lists what there is.`,
      });
    }
    return c.json(answer, 200, { "cache-control": "no-store" });
  });

/** Of the orders of a range, by default the last day. */
async function ranged<Answer extends object>(
  c: AppContext,
  read: (sources: Sources, range: OrderRange) => Promise<Answered<Answer>>,
): Promise<Response> {
  const nowUs = c.get("nowUs")();
  const parameters = new Parameters(c.req.url, RANGED, nowUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol") ?? "");
  const { fromUs, toUs } = parameters.range(
    nowUs + MAX_AHEAD_US + 1,
    (endUs) => Math.min(endUs, nowUs) - DAY_US,
  );
  const account = parameters.text("account") ?? null;
  parameters.check();
  await admitRead(c, [symbol]);
  const found = await inTurn(c, () => read(sourcesOf(c), { symbol, fromUs, toUs, account }));
  return c.json(answerOf(found), 200, { "cache-control": "no-store" });
}

function answerOf<Answer>(found: Answered<Answer>): Answer {
  if (found.kind === "read") return found.answer;
  throw badParameters({
    path: "from",
    message: `and to span more than ${MAX_STATES} states of orders or positions: take a shorter range, or one account`,
  });
}
